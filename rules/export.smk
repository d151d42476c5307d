rule export_set:
    input:
        refined="<results>/refined/<text>.parquet",
        pool=pool_counts,
        # Inputs, not settings: the card shows them.
        files=lambda wildcards: set_lineage(
            experiment, wildcards.set, wildcards.strategy
        )["files"],
    output:
        rows="<results>/export/{plan}/datasets/<text>/data/rows.parquet",
        card="<results>/export/{plan}/datasets/<text>/README.md",
    log:
        "<logs>/export/{plan}/datasets/<text>.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/export_set.py"),
        lineage=lambda wildcards: json.dumps(
            set_lineage(experiment, wildcards.set, wildcards.strategy)
        ),
    shell:
        "python scripts/export_set.py {input.refined:q} {output:q} --pool {input.pool:q}"
        " --lineage {params.lineage:q} &> {log:q}"


rule export_model:
    input:
        weights=exported,
        record="<results>/checkpoints/<trained>/training.json",
        files=lambda wildcards: trained_lineage(wildcards)["files"],
    output:
        "<results>/export/{plan}/models/<trained>/README.md",
    log:
        "<logs>/export/{plan}/models/<trained>.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/export_model.py"),
        lineage=lambda wildcards: json.dumps(trained_lineage(wildcards)),
    shell:
        "python scripts/export_model.py {input.weights:q} {input.record:q} {output:q}"
        " --lineage {params.lineage:q} &> {log:q}"
