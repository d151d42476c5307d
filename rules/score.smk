rule judge:
    input:
        generations="<results>/generations/<cell>.parquet",
        answers="<results>/sets/{benchmark}.parquet",
    output:
        "<results>/scores/<cell>.parquet",
    log:
        "<logs>/judge/<cell>.log",
    priority: earlier
    group:
        "score"
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/judge.py"),
        grader=locked("math-verify"),
        chat=settings("models/{model}/chat", without=ROOM),
    shell:
        "python scripts/judge.py {input.generations:q} {input.answers:q} {output:q}"
        " --chat {params.chat:q} --workers {threads:q} &> {log:q}"


rule vote:
    input:
        lambda wildcards: collect(
            "<results>/scores/{member}/{benchmark}/{strategy}{persona}.parquet",
            member=experiment.votes[wildcards.vote].members,
            **wildcards,
        ),
    output:
        "<results>/votes/<ballot>.parquet",
        "<results>/votes/<ballot>.json",
    log:
        "<logs>/votes/<ballot>.log",
    group:
        "score"
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/vote.py"),
        vote=settings("votes/{vote}"),
    shell:
        "python scripts/vote.py {output:q} --verdicts {input:q} --vote {params.vote:q} &> {log:q}"


rule summarize:
    input:
        "<results>/scores/<cell>.parquet",
    output:
        "<results>/scores/<cell>.json",
    log:
        "<logs>/summarize/<cell>.log",
    priority: earlier
    group:
        "score"
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/summarize.py"),
    shell:
        "python scripts/summarize.py {input:q} {output:q} &> {log:q}"
