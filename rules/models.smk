rule fetch_model:
    output:
        "<results>/models/{model}/manifest.json",
    log:
        "<logs>/models/{model}.log",
    conda:
        "../envs/data.yaml"
    params:
        version=version_of("fetch_model"),
        source=setting("models/{model}/source"),
    shell:
        "python scripts/fetch_model.py {output:q} --source {params.source:q} &> {log:q}"
