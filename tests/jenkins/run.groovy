// A stand-in for Jenkins' declarative pipelines, as far as our Jenkinsfile goes: groovy itself parses
// the file; the stages whose `when` holds are run in order, each `sh` as Jenkins runs one, `post` last.
// A name that declarative pipelines do not know fails the run.
//
// Parameters come from PARAMETER_<NAME>, file credentials from CREDENTIAL_<ID> in capitals.

class Pipeline {
    Map<String, String> variables = [:]
    Map<String, String> params = [:]
    List<Closure> always = []
    List<List> stages = []

    Map getEnv() { new HashMap(System.getenv()) + variables }

    void run(Closure body, Object delegate = this) {
        body.delegate = delegate
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body.call()
    }

    // Sections and what they may hold.
    def agent(Object which) { assert which == any }
    String getAny() { 'any' }
    void options(Closure body) { run(body) }
    void disableConcurrentBuilds() {}
    void timeout(Map limit) { assert limit.keySet() == ['time', 'unit'] as Set }
    void parameters(Closure body) { run(body) }
    void string(Map parameter) {
        params[parameter.name] = System.getenv("PARAMETER_${parameter.name}") ?: parameter.defaultValue
    }
    void environment(Closure body) { run(body, new Environment(pipeline: this)) }
    void stages(Closure body) { run(body) }
    void stage(String name, Closure body) {
        def stage = new Stage(pipeline: this)
        run(body, stage)
        stages << [name, stage]
    }
    void post(Closure body) { run(body) }
    void always(Closure body) { always << body }

    // Steps.
    void sh(String script) {
        def file = File.createTempFile('step', '.sh')
        file.text = script.startsWith('#!') ? script : "#!/bin/sh -xe\n" + script
        file.executable = true
        // Jenkins gives parameters to a step as variables, too.
        def process = new ProcessBuilder(file.path).inheritIO()
        process.environment().putAll(variables + params)
        int code = process.start().waitFor()
        file.delete()
        if (code != 0) throw new IllegalStateException("script returned exit code $code")
    }
    Map file(Map credential) { credential }
    void withCredentials(List<Map> all, Closure body) {
        all.each {
            def name = 'CREDENTIAL_' + it.credentialsId.toUpperCase().replace('-', '_')
            variables[it.variable] = System.getenv(name)
        }
        run(body)
        all.each { variables.remove(it.variable) }
    }
    void archiveArtifacts(Map what) { assert what.artifacts }

    int execute() {
        int code = 0
        try {
            stages.each { name, stage ->
                if (stage.condition != null) {
                    stage.condition.delegate = this
                    if (!stage.condition.call()) return
                }
                println "stage $name"
                run(stage.body)
            }
        } catch (IllegalStateException failed) {
            System.err.println "ERROR: ${failed.message}"
            code = 1
        }
        always.each {
            println 'post always'
            run(it)
        }
        return code
    }
}

class Stage {
    Pipeline pipeline
    Closure condition
    Closure body
    void when(Closure what) { what.delegate = this; what.resolveStrategy = Closure.DELEGATE_FIRST; what.call() }
    void expression(Closure what) { what.resolveStrategy = Closure.DELEGATE_FIRST; condition = what }
    void steps(Closure what) { body = what }
}

class Environment {
    Pipeline pipeline
    Map getEnv() { pipeline.env }
    void setProperty(String name, Object value) {
        if (name == 'pipeline') { this.@pipeline = value } else { pipeline.variables[name] = value.toString() }
    }
}

def made = new Pipeline()
def binding = new Binding(pipeline: { Closure body -> made.run(body) })
def shell = new GroovyShell(binding)
shell.evaluate(new File(args[0]))
System.exit(made.execute())
