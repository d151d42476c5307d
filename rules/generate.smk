rule generate:
    input:
        weights=weights,
        prompts="<results>/refined/{benchmark}/{strategy}{persona}.parquet",
        template=template,
    output:
        "<results>/generations/<cell>.parquet",
    log:
        "<logs>/generate/<cell>.log",
    benchmark:
        "<benchmarks>/generate/<cell>.tsv"
    priority: earlier
    conda:
        "../envs/generate.yaml"
    threads: lookup("models/{model}/generate/threads", within=config)
    resources:
        gpu=lookup("models/{model}/generate/gpus", within=config),
        # The engine starts its own workers; SLURM must not start the command once a GPU.
        tasks_per_gpu=0,
        mem=lookup("models/{model}/generate/memory", within=config),
        runtime=lookup("models/{model}/generate/runtime", within=config),
    params:
        version=version_of("generate"),
        sampling=settings("benchmarks/{benchmark}/sampling"),
        chat=settings("models/{model}/chat"),
        dtype=lookup("models/{model}/dtype", within=config),
    shell:
        "python scripts/generate.py {input.weights:q} {input.prompts:q} {output:q}"
        " --sampling {params.sampling:q} --chat {params.chat:q} --dtype {params.dtype:q}"
        " --gpus {resources.gpu:q} &> {log:q}"
