rule write_personas:
    input:
        weights=writing_model,
        questions="<results>/sets/{set}{draw}.parquet",
        # Inputs, not settings: editing a prompt remakes what was written with it.
        prompt=setting("strategies/{strategy}/context/prompt"),
        domains=setting("strategies/{strategy}/context/domains", otherwise=[]),
        template=writer_template,
    output:
        "<results>/personas/<text>.parquet",
    log:
        "<logs>/personas/<text>.log",
    benchmark:
        "<benchmarks>/personas/<text>.tsv"
    wildcard_constraints:
        strategy="|".join(experiment.written(experiment.strategies)),
    priority: earlier
    conda:
        "../envs/generate.yaml"
    threads: setting("models/{model}/generate/threads", model=writer)
    resources:
        gpu=setting("models/{model}/generate/gpus", model=writer),
        tasks_per_gpu=0,
        # Not {threads}, fewer where there are fewer cores: their number decides the rounding.
        omp_threads=setting("models/{model}/generate/threads", model=writer),
        mem=asked("models/{model}/generate", "memory", model=writer),
        runtime=asked("models/{model}/generate", "runtime", model=writer),
        gpu_share=setting(
            "models/{model}/generate/gpu_share", model=writer, otherwise="auto"
        ),
        # No params: what is there stays, with more room and after more attempts.
        context=setting("models/{model}/chat/context", model=writer),
        attempts=setting("strategies/{strategy}/context/attempts"),
    params:
        version=version_of("write_personas"),
        context=settings("strategies/{strategy}/context", without=ATTEMPTS),
        files=contents(
            setting("strategies/{strategy}/context/prompt"),
            setting("strategies/{strategy}/context/domains", otherwise=[]),
            writer_template,
        ),
        draw=number("persona"),
        chat=writer_chat,
        dtype=setting("models/{model}/dtype", model=writer),
    shell:
        "OMP_NUM_THREADS={resources.omp_threads:q}"
        " python scripts/write_personas.py {input.weights:q} {input.questions:q} {output:q}"
        " --context {params.context:q} --attempts {resources.attempts:q} --draw {params.draw:q} --chat {params.chat:q}"
        " --dtype {params.dtype:q} --room {resources.context:q} --gpus {resources.gpu:q}"
        " --gpu-share {resources.gpu_share:q} &> {log:q}"


rule measure_personas:
    input:
        personas="<results>/personas/<text>.parquet",
        questions="<results>/sets/{set}{draw}.parquet",
    output:
        "<results>/personas/<text>.json",
    log:
        "<logs>/personas/<text>-measured.log",
    wildcard_constraints:
        strategy="|".join(experiment.written(experiment.strategies)),
    conda:
        "../envs/data.yaml"
    threads: 4
    params:
        code=code_version("scripts/measure_personas.py"),
    shell:
        "python scripts/measure_personas.py {input.personas:q} {input.questions:q} {output:q}"
        " &> {log:q}"
