rule tabulate_cells:
    input:
        planned_scores,
        planned_verdicts,
    output:
        problems="<results>/tables/{plan}/problems.parquet",
        cells="<results>/tables/{plan}/cells.csv",
        passes="<results>/tables/{plan}/pass_at_k.csv",
    log:
        "<logs>/tables/{plan}/cells.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_cells.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        # Not {input}: a shell command ends at 128 KiB, about 1,900 paths.
        "python scripts/tabulate_cells.py {output:q} --scores results/scores --plan {params.plan:q}"
        " --drawn {params.drawn:q} &> {log:q}"


rule tabulate_codesign:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report("<results>/tables/{plan}/codesign.csv", **shown("codesign", "table")),
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
        "python scripts/tabulate_codesign.py {output:q} --problems {input:q} --plan {params.plan:q}"
        " --drawn {params.drawn:q} --labels {params.labels:q} &> {log:q}"


rule compare:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report(
            "<results>/tables/{plan}/comparisons.csv", **shown("comparisons", "table")
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
        "python scripts/compare.py {output:q} --problems {input:q} --plan {params.plan:q}"
        " --drawn {params.drawn:q} --plain {params.plain:q} &> {log:q}"


rule tabulate_changes:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report("<results>/tables/{plan}/changes.csv", **shown("changes", "table")),
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
        "python scripts/tabulate_changes.py {output:q} --problems {input:q}"
        " --plan {params.plan:q} --drawn {params.drawn:q} --plain {params.plain:q} &> {log:q}"


rule tabulate_votes:
    input:
        planned_votes,
    output:
        report("<results>/tables/{plan}/votes.csv", **shown("votes", "table")),
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
        codesign="<results>/tables/{plan}/codesign.csv",
        votes=votes_table,
    output:
        report("<results>/tables/{plan}/published.csv", **shown("published", "table")),
    log:
        "<logs>/tables/{plan}/published.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_published.py"),
        published=planned_published,
    shell:
        "python scripts/tabulate_published.py {input.codesign:q} {output:q}"
        " --votes {input.votes:q} --published {params.published:q} &> {log:q}"


rule tabulate_claims:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report("<results>/tables/{plan}/claims.csv", **shown("claims", "table")),
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
        "python scripts/tabulate_claims.py {output:q} --problems {input:q}"
        " --plan {params.plan:q} --drawn {params.drawn:q} --claims {params.claims:q} &> {log:q}"


rule tabulate_variance:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report("<results>/tables/{plan}/variance.csv", **shown("variance", "table")),
    log:
        "<logs>/tables/{plan}/variance.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_variance.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/tabulate_variance.py {output:q} --problems {input:q}"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"


rule tabulate_selection:
    input:
        "<results>/tables/{plan}/problems.parquet",
    output:
        report("<results>/tables/{plan}/selection.csv", **shown("selection", "table")),
    log:
        "<logs>/tables/{plan}/selection.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_selection.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/tabulate_selection.py {output:q} --problems {input:q}"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"


rule tabulate_contamination:
    input:
        planned_contamination,
    output:
        report(
            "<results>/tables/{plan}/contamination.csv",
            **shown("contamination", "table"),
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
        report("<results>/tables/{plan}/personas.csv", **shown("personas", "table")),
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
        report("<results>/tables/{plan}/questions.html", **shown("questions", "text")),
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


rule tabulate_losses:
    input:
        planned_trainings,
    output:
        report("<results>/tables/{plan}/losses.csv", **shown("losses", "table")),
    log:
        "<logs>/tables/{plan}/losses.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/tabulate_losses.py"),
        plan=settings("plans/{plan}"),
        drawn=planned_draws,
    shell:
        "python scripts/tabulate_losses.py {output:q} --checkpoints results/checkpoints"
        " --plan {params.plan:q} --drawn {params.drawn:q} &> {log:q}"


# A rule each, since a caption cannot depend on a wildcard.
for name, section in SECTIONS.items():
    if section.figure_of:

        rule:
            name:
                f"draw_{name}"
            input:
                [f"<results>/{table}" for table in section.figure_of],
            output:
                report(
                    f"<results>/figures/{{plan}}/{name}.svg", **shown(name, "figure")
                ),
                f"<results>/figures/{{plan}}/{name}.png",
                f"<results>/figures/{{plan}}/{name}.pdf",
            log:
                f"<logs>/figures/{{plan}}/{name}.log",
            conda:
                "../envs/data.yaml"
            params:
                code=code_version("scripts/draw.py", f"scripts/its/charts/{name}.py"),
                figure=name,
                strategies=planned_strategies,
                labels=planned_labels,
            shell:
                "python scripts/draw.py {params.figure} {output:q} --tables {input:q}"
                " --strategies {params.strategies:q} --labels {params.labels:q} &> {log:q}"
