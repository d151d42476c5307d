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
    priority: sooner
    conda:
        "../envs/generate.yaml"
    threads: setting("models/{model}/generate/threads")
    resources:
        gpu=setting("models/{model}/generate/gpus"),
        # The engine starts its own workers; SLURM must not start the command once a GPU.
        tasks_per_gpu=0,
        # Not {threads}, fewer where there are fewer cores: their number decides the rounding.
        omp_threads=setting("models/{model}/generate/threads"),
        mem=asked("models/{model}/generate", "memory"),
        runtime=asked("models/{model}/generate", "runtime"),
        gpu_share=setting("models/{model}/generate/gpu_share", otherwise="auto"),
        # No param: that there is more room changes no response.
        context=setting("models/{model}/chat/context"),
    params:
        version=version_of("generate"),
        sampling=settings("benchmarks/{benchmark}/sampling"),
        chat=settings("models/{model}/chat", without=ROOM),
        dtype=setting("models/{model}/dtype"),
    shell:
        "OMP_NUM_THREADS={resources.omp_threads:q}"
        " python scripts/generate.py {input.weights:q} {input.prompts:q} {output:q}"
        " --sampling {params.sampling:q} --chat {params.chat:q} --dtype {params.dtype:q}"
        " --room {resources.context:q} --gpus {resources.gpu:q}"
        " --gpu-share {resources.gpu_share:q} &> {log:q}"
