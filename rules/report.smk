rule tabulate_codesign:
    input:
        planned_scores,
        planned_verdicts,
    output:
        codesign=report(
            "<results>/tables/{plan}/codesign.csv",
            caption="../report/codesign.rst",
            category="Co-design",
            labels={"what": "train x test matrix", "as": "table"},
        ),
        cells="<results>/tables/{plan}/cells.csv",
        passes="<results>/tables/{plan}/pass_at_k.csv",
    log:
        "<logs>/tables/{plan}/codesign.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_codesign.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
        labels=planned_labels,
    shell:
        # Not {input}: a shell command ends at 128 KiB, about 1,900 paths.
        "python scripts/tabulate_codesign.py {output.codesign:q} {output.cells:q}"
        " {output.passes:q}"
        " --scores results/scores --plan {params.plan:q} --drawn {params.drawn:q}"
        " --labels {params.labels:q} &> {log:q}"


rule compare:
    input:
        planned_verdicts,
    output:
        report(
            "<results>/tables/{plan}/comparisons.csv",
            caption="../report/comparisons.rst",
            category="Co-design",
            labels={"what": "trained against untrained", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/comparisons.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/compare.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
        plain=planned_plain,
    shell:
        "python scripts/compare.py {output:q} --scores results/scores --plan {params.plan:q}"
        " --drawn {params.drawn:q} --plain {params.plain:q} &> {log:q}"


rule tabulate_changes:
    input:
        planned_verdicts,
    output:
        report(
            "<results>/tables/{plan}/changes.csv",
            caption="../report/changes.rst",
            category="Co-design",
            labels={"what": "problems gained and lost", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/changes.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_changes.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
        plain=planned_plain,
    shell:
        "python scripts/tabulate_changes.py {output:q} --scores results/scores"
        " --plan {params.plan:q} --drawn {params.drawn:q} --plain {params.plain:q} &> {log:q}"


rule tabulate_votes:
    input:
        planned_votes,
    output:
        report(
            "<results>/tables/{plan}/votes.csv",
            caption="../report/votes.rst",
            category="Co-design",
            labels={"what": "votes", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/votes.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_votes.py"),
    shell:
        "python scripts/tabulate_votes.py {output:q} --votes {input:q} &> {log:q}"


rule tabulate_published:
    input:
        "<results>/tables/{plan}/codesign.csv",
    output:
        report(
            "<results>/tables/{plan}/published.csv",
            caption="../report/published.rst",
            category="Co-design",
            labels={"what": "published numbers beside ours", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/published.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_published.py"),
        published=planned_published,
    shell:
        "python scripts/tabulate_published.py {input:q} {output:q}"
        " --published {params.published:q} &> {log:q}"


rule tabulate_claims:
    input:
        planned_verdicts,
    output:
        report(
            "<results>/tables/{plan}/claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"what": "claims and verdicts", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/claims.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_claims.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
        claims=planned_claims,
    shell:
        "python scripts/tabulate_claims.py {output:q} --scores results/scores"
        " --plan {params.plan:q} --drawn {params.drawn:q} --claims {params.claims:q} &> {log:q}"


rule tabulate_variance:
    input:
        planned_verdicts,
    output:
        report(
            "<results>/tables/{plan}/variance.csv",
            caption="../report/variance.rst",
            category="Claims",
            labels={"what": "where uncertainty comes from", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/variance.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_variance.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/tabulate_variance.py {output:q} --scores results/scores"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"


rule tabulate_selection:
    input:
        planned_verdicts,
    output:
        report(
            "<results>/tables/{plan}/selection.csv",
            caption="../report/selection.rst",
            category="Claims",
            labels={"what": "the best pair, chosen elsewhere", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/selection.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_selection.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/tabulate_selection.py {output:q} --scores results/scores"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"


rule tabulate_contamination:
    input:
        planned_contamination,
    output:
        report(
            "<results>/tables/{plan}/contamination.csv",
            caption="../report/contamination.rst",
            category="Data",
            labels={"what": "contamination", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/contamination.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_contamination.py"),
    shell:
        "python scripts/tabulate_contamination.py {output:q} --comparisons {input:q} &> {log:q}"


rule tabulate_personas:
    input:
        planned_qualities,
    output:
        report(
            "<results>/tables/{plan}/personas.csv",
            caption="../report/personas.rst",
            category="Data",
            labels={"what": "personas", "as": "table"},
        ),
    log:
        "<logs>/tables/{plan}/personas.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_personas.py"),
        labels=planned_labels,
    shell:
        "python scripts/tabulate_personas.py {output:q} --measured {input:q}"
        " --labels {params.labels:q} &> {log:q}"


rule show_questions:
    input:
        planned_refined,
    output:
        report(
            "<results>/tables/{plan}/questions.html",
            caption="../report/questions.rst",
            category="Data",
            labels={"what": "refined questions", "as": "text"},
        ),
    log:
        "<logs>/tables/{plan}/questions.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/show_questions.py"),
        labels=planned_labels,
    shell:
        "python scripts/show_questions.py {output:q} --refined {input:q}"
        " --labels {params.labels:q} &> {log:q}"


rule draw_codesign:
    input:
        "<results>/tables/{plan}/codesign.csv",
    output:
        report(
            "<results>/figures/{plan}/codesign.svg",
            caption="../report/codesign.rst",
            category="Co-design",
            labels={"what": "train x test matrix", "as": "figure"},
        ),
        "<results>/figures/{plan}/codesign.png",
        "<results>/figures/{plan}/codesign.pdf",
    log:
        "<logs>/figures/{plan}/codesign.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_codesign.py"),
    shell:
        "python scripts/draw_codesign.py {input:q} {output:q} &> {log:q}"


rule draw_comparisons:
    input:
        "<results>/tables/{plan}/comparisons.csv",
    output:
        report(
            "<results>/figures/{plan}/comparisons.svg",
            caption="../report/comparisons.rst",
            category="Co-design",
            labels={"what": "trained against untrained", "as": "figure"},
        ),
        "<results>/figures/{plan}/comparisons.png",
        "<results>/figures/{plan}/comparisons.pdf",
    log:
        "<logs>/figures/{plan}/comparisons.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_comparisons.py"),
        labels=planned_labels,
    shell:
        "python scripts/draw_comparisons.py {input:q} {output:q} --labels {params.labels:q} &> {log:q}"


rule draw_changes:
    input:
        "<results>/tables/{plan}/changes.csv",
    output:
        report(
            "<results>/figures/{plan}/changes.svg",
            caption="../report/changes.rst",
            category="Co-design",
            labels={"what": "problems gained and lost", "as": "figure"},
        ),
        "<results>/figures/{plan}/changes.png",
        "<results>/figures/{plan}/changes.pdf",
    log:
        "<logs>/figures/{plan}/changes.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_changes.py"),
        labels=planned_labels,
    shell:
        "python scripts/draw_changes.py {input:q} {output:q} --labels {params.labels:q} &> {log:q}"


rule draw_samples:
    input:
        "<results>/tables/{plan}/codesign.csv",
    output:
        report(
            "<results>/figures/{plan}/samples.svg",
            caption="../report/samples.rst",
            category="Co-design",
            labels={"what": "samples", "as": "figure"},
        ),
        "<results>/figures/{plan}/samples.png",
        "<results>/figures/{plan}/samples.pdf",
    log:
        "<logs>/figures/{plan}/samples.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_samples.py"),
    shell:
        "python scripts/draw_samples.py {input:q} {output:q} &> {log:q}"


rule draw_claims:
    input:
        "<results>/tables/{plan}/claims.csv",
    output:
        report(
            "<results>/figures/{plan}/claims.svg",
            caption="../report/claims.rst",
            category="Claims",
            labels={"what": "claims and verdicts", "as": "figure"},
        ),
        "<results>/figures/{plan}/claims.png",
        "<results>/figures/{plan}/claims.pdf",
    log:
        "<logs>/figures/{plan}/claims.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_claims.py"),
        labels=planned_labels,
    shell:
        "python scripts/draw_claims.py {input:q} {output:q} --labels {params.labels:q} &> {log:q}"


rule draw_variance:
    input:
        "<results>/tables/{plan}/variance.csv",
    output:
        report(
            "<results>/figures/{plan}/variance.svg",
            caption="../report/variance.rst",
            category="Claims",
            labels={"what": "where uncertainty comes from", "as": "figure"},
        ),
        "<results>/figures/{plan}/variance.png",
        "<results>/figures/{plan}/variance.pdf",
    log:
        "<logs>/figures/{plan}/variance.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_variance.py"),
        labels=planned_labels,
    shell:
        "python scripts/draw_variance.py {input:q} {output:q} --labels {params.labels:q} &> {log:q}"


rule draw_power:
    input:
        "<results>/power/{plan}.csv",
    output:
        report(
            "<results>/figures/{plan}/power.svg",
            caption="../report/power.rst",
            category="Claims",
            labels={"what": "what can be detected", "as": "figure"},
        ),
        "<results>/figures/{plan}/power.png",
        "<results>/figures/{plan}/power.pdf",
    log:
        "<logs>/figures/{plan}/power.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_power.py"),
        labels=planned_labels,
    shell:
        "python scripts/draw_power.py {input:q} {output:q} --labels {params.labels:q} &> {log:q}"


rule draw_lengths:
    input:
        "<results>/tables/{plan}/codesign.csv",
    output:
        report(
            "<results>/figures/{plan}/lengths.svg",
            caption="../report/lengths.rst",
            category="Co-design",
            labels={"what": "lengths of responses", "as": "figure"},
        ),
        "<results>/figures/{plan}/lengths.png",
        "<results>/figures/{plan}/lengths.pdf",
    log:
        "<logs>/figures/{plan}/lengths.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_lengths.py"),
    shell:
        "python scripts/draw_lengths.py {input:q} {output:q} &> {log:q}"


rule draw_pass_at_k:
    input:
        "<results>/tables/{plan}/pass_at_k.csv",
        "<results>/tables/{plan}/codesign.csv",
    output:
        report(
            "<results>/figures/{plan}/pass_at_k.svg",
            caption="../report/pass_at_k.rst",
            category="Co-design",
            labels={"what": "one of k responses is right", "as": "figure"},
        ),
        "<results>/figures/{plan}/pass_at_k.png",
        "<results>/figures/{plan}/pass_at_k.pdf",
    log:
        "<logs>/figures/{plan}/pass_at_k.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_pass_at_k.py"),
    shell:
        "python scripts/draw_pass_at_k.py {input:q} {output:q} &> {log:q}"


rule draw_personas:
    input:
        "<results>/tables/{plan}/personas.csv",
    output:
        report(
            "<results>/figures/{plan}/personas.svg",
            caption="../report/personas.rst",
            category="Data",
            labels={"what": "personas", "as": "figure"},
        ),
        "<results>/figures/{plan}/personas.png",
        "<results>/figures/{plan}/personas.pdf",
    log:
        "<logs>/figures/{plan}/personas.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_personas.py"),
        plan=settings("plans/{plan}"),
    shell:
        "python scripts/draw_personas.py {input:q} {output:q} --plan {params.plan:q} &> {log:q}"


rule draw_losses:
    input:
        planned_trainings,
    output:
        report(
            "<results>/figures/{plan}/losses.svg",
            caption="../report/losses.rst",
            category="Training",
            labels={"what": "losses", "as": "figure"},
        ),
        "<results>/figures/{plan}/losses.png",
        "<results>/figures/{plan}/losses.pdf",
    log:
        "<logs>/figures/{plan}/losses.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/draw_losses.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/draw_losses.py {output:q} --checkpoints results/checkpoints"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"
