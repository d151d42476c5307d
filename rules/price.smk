rule price_plan:
    input:
        deepspeed=planned_deepspeed,
        finished=measured,
    output:
        "<results>/cost/{plan}.csv",
        "<results>/cost/{plan}.txt",
    log:
        "<logs>/cost/{plan}.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/price_plan.py"),
        config=lambda wildcards: priced(wildcards.plan).settings(),
        expected=expected,
    shell:
        "python scripts/price_plan.py {output:q} --plan {wildcards.plan:q}"
        " --config {params.config:q} --expected {params.expected:q} &> {log:q}"


# Nothing is made, so it is shown each time.
rule price:
    input:
        collect("<results>/cost/{plan}.txt", plan=config["plan"]),
    log:
        "<logs>/cost/price.log",
    conda:
        "../envs/data.yaml"
    shell:
        "cat {input:q} 2> {log:q}"


rule power_plan:
    output:
        "<results>/power/{plan}.csv",
        "<results>/power/{plan}.txt",
    log:
        "<logs>/power/{plan}.log",
    conda:
        "../envs/data.yaml"
    params:
        code=code_version("scripts/power_plan.py"),
        plan=settings("plans/{plan}"),
        claims=planned_claims,
        benchmarks=planned_sizes,
        power=settings("power"),
    shell:
        "python scripts/power_plan.py {output:q} --name {wildcards.plan:q} --plan {params.plan:q}"
        " --claims {params.claims:q} --benchmarks {params.benchmarks:q} --power {params.power:q}"
        " &> {log:q}"


rule power:
    input:
        collect("<results>/power/{plan}.txt", plan=config["plan"]),
    log:
        "<logs>/power/power.log",
    conda:
        "../envs/data.yaml"
    shell:
        "cat {input:q} 2> {log:q}"
