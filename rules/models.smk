rule fetch_model:
    input:
        own_model,
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


rule render_chat:
    input:
        weights="<results>/models/{model}/manifest.json",
        template=template,
    output:
        "<results>/chats/{model}.txt",
    log:
        "<logs>/chats/{model}.log",
    conda:
        "../envs/data.yaml"
    params:
        version=version_of("render_chat"),
        chat=settings("models/{model}/chat", without=ROOM),
    shell:
        "python scripts/render_chat.py {input.weights:q} {output:q} --chat {params.chat:q}"
        " &> {log:q}"
