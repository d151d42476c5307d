rule write_report:
    input:
        made=planned_report,
        power="<results>/power/{plan}.csv",
        cells=planned_verdicts,
        refined=planned_refined,
        # Inputs, not settings: editing one writes the report again.
        pages=collect(
            "report/pages/{page}",
            page=["index.html", "responses.html", "responses.js", "report.css"],
        ),
    output:
        "<results>/report/{plan}/index.html",
    log:
        "<logs>/report/{plan}.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/write_report.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
        labels=planned_labels,
        chats=planned_chats,
        note=lambda wildcards: experiment.plans[wildcards.plan].note,
        report=lambda wildcards: section_settings("report"),
    shell:
        # Generations are no input: whoever deleted them keeps a report, and starts no GPU job. Nor is
        # the price, which other GPUs or times change.
        "python scripts/write_report.py {output:q} --made {input.made:q} --power {input.power:q}"
        " --results results --pages report/pages --name {wildcards.plan:q} --plan {params.plan:q}"
        " --drawn {params.drawn:q} --labels {params.labels:q} --chats {params.chats:q}"
        " --settings {params.report:q} --note={params.note:q} &> {log:q}"
