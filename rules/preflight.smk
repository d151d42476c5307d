# A job of five minutes for each kind of job with a model: the same commands in the same environment
# on as many GPUs, with one step or one token of a model made on the spot.
rule preflight_train:
    output:
        "results/preflight/train/{model}-{recipe}.json",
    log:
        "<logs>/preflight/train/{model}-{recipe}.log",
    conda:
        "../envs/train.yaml"
    threads: setting("models/{model}/train/threads")
    resources:
        gpu=setting("models/{model}/train/all_gpus"),
        tasks_per_gpu=0,
        nodes=setting("models/{model}/train/nodes"),
        tasks=setting("models/{model}/train/nodes"),
        mpi=between_nodes,
        processes=setting("models/{model}/train/processes", otherwise=0),
        mem=setting("models/{model}/train/memory"),
        runtime=5,
    params:
        code=code_version("scripts/preflight.py"),
        version=version_of("train"),
        folder="results/preflight/train/{model}-{recipe}",
        recipe=two_steps,
        dtype=setting("models/{model}/dtype"),
        gpus=setting("models/{model}/train/gpus"),
        processes=node_processes,
        rows=training_processes,
    shell:
        "( python scripts/preflight.py make {params.folder:q} --gpus {params.gpus:q}"
        " --rows {params.rows:q}"
        " && python scripts/launch.py --nnodes {resources.nodes:q} --nproc-per-node {params.processes:q}"
        " --shutdown-timeout 300 --signals-to-handle SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 scripts/train.py"
        " {params.folder:q}/model/manifest.json {params.folder:q}/rows.parquet"
        " {params.folder:q}/made/weights/manifest.json {params.folder:q}/made/training.json"
        " --recipe {params.recipe:q} --chat '{{\"context\": 512}}' --dtype {params.dtype:q} --seed 0"
        # A state is saved after the first step: all processes write at once, and wait for each other.
        " --saving '{{\"save_steps\": 1}}'"
        " && python scripts/preflight.py tell {params.folder:q} {params.folder:q}/made/training.json"
        " {output:q} ) &> {log:q}"


rule preflight_generate:
    output:
        "results/preflight/generate/{model}.json",
    log:
        "<logs>/preflight/generate/{model}.log",
    conda:
        "../envs/generate.yaml"
    threads: setting("models/{model}/generate/threads")
    resources:
        gpu=setting("models/{model}/generate/gpus"),
        tasks_per_gpu=0,
        mem=setting("models/{model}/generate/memory"),
        runtime=5,
        gpu_share=setting("models/{model}/generate/gpu_share", otherwise="auto"),
    params:
        code=code_version("scripts/preflight.py"),
        version=version_of("generate"),
        folder="results/preflight/generate/{model}",
        dtype=setting("models/{model}/dtype"),
    shell:
        "( python scripts/preflight.py make {params.folder:q} --gpus {resources.gpu:q}"
        " && python scripts/generate.py {params.folder:q}/model/manifest.json"
        " {params.folder:q}/rows.parquet {params.folder:q}/made.parquet"
        ' --sampling \'{{"n": 1, "max_tokens": 1}}\' --chat \'{{"context": 512}}\''
        " --dtype {params.dtype:q} --gpus {resources.gpu:q} --gpu-share {resources.gpu_share:q}"
        " && python scripts/preflight.py tell {params.folder:q} {params.folder:q}/made.parquet"
        " {output:q} ) &> {log:q}"


# Nothing is made, so it is shown each time.
rule preflight:
    input:
        planned_preflight,
    log:
        "<logs>/preflight/preflight.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/preflight.py"),
    shell:
        "python scripts/preflight.py show {input:q} 2> {log:q}"
