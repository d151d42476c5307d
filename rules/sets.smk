rule fetch_source:
    input:
        published,
    output:
        "<results>/sources/{source}/manifest.json",
    log:
        "<logs>/sources/{source}.log",
    # Before models are fetched: bad rows cost nothing.
    priority: 2
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/fetch_source.py"),
        source=settings("sources/{source}"),
    shell:
        "python scripts/fetch_source.py {output:q} --source {params.source:q} &> {log:q}"


rule verify_pool:
    input:
        pool_sources,
    output:
        "<results>/verified/{pool}.parquet",
    log:
        "<logs>/verified/{pool}.log",
    wildcard_constraints:
        pool="|".join(VERIFIED) or "(?!)",  # no other has responses to verify
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/verify_pool.py"),
        grader=locked("math-verify"),
        filter=lambda wildcards: VERIFIED[wildcards.pool].settings(),
        fields=pool_fields,
    shell:
        "python scripts/verify_pool.py {output:q} --sources {input:q} --fields {params.fields:q}"
        " --filter {params.filter:q} --workers {threads:q} &> {log:q}"


rule filter_pool:
    input:
        sources=pool_sources,
        benchmarks=lambda wildcards: collect(
            "<results>/sets/{benchmark}.parquet",
            benchmark=experiment.pools[wildcards.pool].against(experiment.benchmarks),
        ),
        verdicts=lambda wildcards: collect(
            "<results>/verified/{pool}.parquet",
            pool=[wildcards.pool] if wildcards.pool in VERIFIED else [],
        ),
    output:
        rows="<results>/pools/{pool}.parquet",
        counts="<results>/pools/{pool}.json",
    log:
        "<logs>/pools/{pool}.log",
    priority: 2
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/filter_pool.py"),
        pool=settings("pools/{pool}"),
        fields=pool_fields,
    shell:
        "python scripts/filter_pool.py {output:q} --sources {input.sources:q}"
        " --benchmarks {input.benchmarks:q} --verdicts {input.verdicts:q}"
        " --pool {params.pool:q} --fields {params.fields:q} &> {log:q}"


rule sample_pool:
    input:
        lambda wildcards: collect(
            "<results>/pools/{pool}.parquet",
            pool=experiment.samples[wildcards.sample].pool,
        ),
    output:
        "<results>/sets/{sample}{draw}.parquet",
    log:
        "<logs>/sets/{sample}{draw}.log",
    priority: earlier
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/sample_pool.py"),
        sample=settings("samples/{sample}"),
        draw=number("draw"),
    shell:
        "python scripts/sample_pool.py {input:q} {output:q} --sample {params.sample:q}"
        " --draw {params.draw:q} &> {log:q}"


rule read_benchmark:
    input:
        lambda wildcards: collect(
            "<results>/sources/{source}/manifest.json",
            source=experiment.benchmarks[wildcards.benchmark].problems.source,
        ),
    output:
        "<results>/sets/{benchmark}.parquet",
    log:
        "<logs>/sets/{benchmark}.log",
    priority: earlier
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/read_benchmark.py"),
        problems=settings("benchmarks/{benchmark}/problems"),
        fields=lambda wildcards: experiment.sources[
            experiment.benchmarks[wildcards.benchmark].problems.source
        ].fields.settings(),
    shell:
        "python scripts/read_benchmark.py {input:q} {output:q}"
        " --problems {params.problems:q} --fields {params.fields:q} &> {log:q}"


rule compare_pool:
    input:
        pool="<results>/pools/{pool}.parquet",
        benchmark="<results>/sets/{benchmark}.parquet",
    output:
        "<results>/contamination/{pool}/{benchmark}.json",
    log:
        "<logs>/contamination/{pool}/{benchmark}.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/compare_pool.py"),
    shell:
        "python scripts/compare_pool.py {input:q} {output:q} &> {log:q}"
