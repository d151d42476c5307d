rule train:
    input:
        base=published_model,
        rows="<results>/refined/{sample}{draw}/{strategy}{persona}.parquet",
        # A template that loses the thinking is refused there, before a GPU is asked for.
        chat="<results>/chats/{model}.txt",
        # Inputs, not settings: editing one remakes what was trained with it.
        template=template,
        deepspeed=setting("recipes/{recipe}/deepspeed", otherwise=[]),
    output:
        # Its own folder: what an engine loads holds no logs, and replacing it loses no record.
        weights="<results>/checkpoints/<trained>/weights/manifest.json",
        record="<results>/checkpoints/<trained>/training.json",
    log:
        "<logs>/train/<trained>.log",
    benchmark:
        "<benchmarks>/train/<trained>.tsv"
    priority: earlier
    conda:
        "../envs/train.yaml"
    threads: setting("models/{model}/train/threads")
    resources:
        # GPUs are those of the job, memory and threads those of each of its nodes.
        gpu=setting("models/{model}/train/all_gpus"),
        # torchrun starts one process a GPU; SLURM must not start the command once a GPU.
        tasks_per_gpu=0,
        nodes=setting("models/{model}/train/nodes"),
        tasks=setting("models/{model}/train/nodes"),
        mpi=between_nodes,
        # Not {threads}, fewer where there are fewer cores: their number decides the rounding.
        omp_threads=setting("models/{model}/train/threads"),
        processes=setting("models/{model}/train/processes", otherwise=0),
        save_steps=setting("models/{model}/train/save_steps"),
        save_minutes=setting("models/{model}/train/save_minutes"),
        keep_states=setting("models/{model}/train/keep_states"),
        mem=asked("models/{model}/train", "memory"),
        runtime=asked("models/{model}/train", "runtime"),
    params:
        version=version_of("train"),
        recipe=settings("recipes/{recipe}"),
        chat=settings("models/{model}/chat", without=ASKING),
        dtype=setting("models/{model}/dtype"),
        saving=saving,
        processes=node_processes,
    shell:
        "OMP_NUM_THREADS={resources.omp_threads:q}"
        " python scripts/launch.py --nnodes {resources.nodes:q} --nproc-per-node {params.processes:q}"
        " --shutdown-timeout 300 --signals-to-handle SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 scripts/train.py"
        " {input.base:q} {input.rows:q} {output:q} --recipe {params.recipe:q}"
        " --chat {params.chat:q} --dtype {params.dtype:q} --seed {wildcards.seed:q}"
        " --saving {params.saving:q} &> {log:q}"


rule keep_epoch:
    input:
        "<results>/checkpoints/<trained>/weights/manifest.json",
    output:
        "<results>/checkpoints/<trained>{epoch}/weights/manifest.json",
    log:
        "<logs>/train/<trained>{epoch}.log",
    priority: sooner
    conda:
        "../envs/data.yaml"
    params:
        version=version_of("keep_epoch"),
        epoch=number("epoch"),
    shell:
        "python scripts/keep_epoch.py {input:q} {output:q} --epoch {params.epoch:q} &> {log:q}"


# Nothing depends on it, and what it removes nothing that stands needs any more.
rule release_weights:
    input:
        weights="<results>/checkpoints/<trained>/weights/manifest.json",
        answered=answered,
    output:
        "<results>/kept/{plan}/<trained>.json",
    log:
        "<logs>/kept/{plan}/<trained>.log",
    priority: 9
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/release_weights.py"),
        keep=experiment.weights.keep,
    shell:
        "python scripts/release_weights.py {input.weights:q} {output:q} --keep {params.keep:q}"
        " --plan {wildcards.plan:q} &> {log:q}"
