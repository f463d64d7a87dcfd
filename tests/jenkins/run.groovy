// Emulates the part of Jenkins' declarative pipelines that our Jenkinsfiles use. groovy itself parses the
// file. Stages whose `when` is true run in order, each `sh` runs like in Jenkins, and `post` runs last. A
// name that declarative pipelines do not have fails the run.
//
// `libraries` loads the shared library of the examples: each file in its vars/ is a step.
// A step `sh` fails without an executor, and `input` prints whether it holds one.
//
// Parameters come from PARAMETER_<NAME>, file credentials from CREDENTIAL_<ID> in capitals, and the cause of
// the build from TRIGGER. Every `input` is approved.

class Pipeline {
    Map<String, String> variables = [:]
    Map<String, Object> params = [:]
    List<Closure> always = []
    List<List> stages = []
    String folder = '.'
    File library
    Map<String, Script> libraryVars = [:]

    // What a script sets in env, later steps and stages see.
    Map getEnv() { new BuildVariables(pipeline: this) }

    void run(Closure body, Object delegate = this) {
        body.delegate = delegate
        body.resolveStrategy = Closure.DELEGATE_FIRST
        body.call()
    }

    // Sections and what they may contain.
    boolean executor = false
    def agent(Object which) {
        assert which in [any, none]
        executor = which == any
    }
    void agent(Closure body) {
        executor = true
        run(body)
    }
    void label(String name) {}
    String getAny() { 'any' }
    String getNone() { 'none' }
    void options(Closure body) { run(body) }
    void libraries(Closure body) { run(body) }
    void lib(String name) {
        assert name ==~ /fargate-pipeline@\S+/
        def settings = new org.codehaus.groovy.control.CompilerConfiguration(scriptBaseClass: DelegatingScript.name)
        new File(library, 'vars').eachFileMatch(~/.*\.groovy/) { source ->
            def script = new GroovyShell(getClass().classLoader, new Binding(), settings).parse(source)
            script.setDelegate(this)
            libraryVars[source.name - '.groovy'] = script
        }
    }
    def methodMissing(String name, Object arguments) {
        def script = libraryVars[name]
        if (script == null) throw new MissingMethodException(name, getClass(), arguments as Object[])
        script.call(*(arguments as List))
    }
    void disableConcurrentBuilds() {}
    void lock(Map what) { assert what.resource }
    void triggers(Closure body) { run(body) }
    void cron(String when) { assert when == '' || when.split(' ').size() == 5 }
    void timeout(Map limit) { assert limit.keySet() == ['time', 'unit'] as Set }
    void parameters(Closure body) { run(body) }
    void string(Map parameter) {
        params[parameter.name] = System.getenv("PARAMETER_${parameter.name}") ?: parameter.defaultValue
    }
    void booleanParam(Map parameter) {
        def given = System.getenv("PARAMETER_${parameter.name}")
        params[parameter.name] = given == null ? parameter.defaultValue : given == 'true'
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
    String sh(Map step) {
        assert (step.keySet() - ['label', 'returnStdout', 'script']).isEmpty()
        if (step.label) println "step ${step.label}"
        def output = step.returnStdout ? ProcessBuilder.Redirect.PIPE : ProcessBuilder.Redirect.INHERIT
        sh(step.script as String, output)
    }
    void script(Closure body) { run(body) }
    String sh(String script, ProcessBuilder.Redirect output = ProcessBuilder.Redirect.INHERIT) {
        assert executor : 'sh needs an agent'
        def file = File.createTempFile('step', '.sh')
        file.text = script.startsWith('#!') ? script : "#!/bin/sh -xe\n" + script
        file.executable = true
        // Jenkins also passes parameters to a step as variables.
        def process = new ProcessBuilder(file.path).directory(new File(folder)).inheritIO().redirectOutput(output)
        process.environment().putAll(variables + params.collectEntries { name, value -> [name, value.toString()] })
        def started = process.start()
        def text = started.inputStream.text
        int code = started.waitFor()
        file.delete()
        if (code != 0) throw new IllegalStateException("script returned exit code $code")
        return text
    }
    void error(Object message) { throw new IllegalStateException(message.toString()) }
    void withEnv(List all, Closure body) {
        def before = new HashMap(variables)
        all.each {
            def (name, value) = it.toString().split('=', 2) as List
            variables[name] = value
        }
        try { run(body) } finally { variables = before }
    }
    Map file(Map credential) { credential }
    void withCredentials(List<Map> all, Closure body) {
        all.each {
            def name = 'CREDENTIAL_' + it.credentialsId.toUpperCase().replace('-', '_')
            variables[it.variable] = System.getenv(name)
        }
        try { run(body) } finally { all.each { variables.remove(it.variable) } }
    }
    void dir(String inner, Closure body) {
        def outer = folder
        folder = "$outer/$inner"
        try {
            run(body)
        } finally {
            folder = outer
        }
    }
    void input(Map question) { println "input: ${question.message} (${executor ? 'with' : 'without'} an executor)" }
    void archiveArtifacts(Map what) { assert what.artifacts }

    int execute() {
        int code = 0
        try {
            stages.each { name, stage ->
                if (!stage.conditions.every { it.call() }) return
                println "stage $name"
                def outer = executor
                executor = executor || stage.executor
                try {
                    run(stage.body)
                } finally {
                    stage.always.each { run(it) }
                    executor = outer
                }
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

class BuildVariables extends AbstractMap<String, String> {
    Pipeline pipeline
    Set<Map.Entry<String, String>> entrySet() { (new HashMap(System.getenv()) + pipeline.variables).entrySet() }
    String put(String name, String value) { pipeline.variables.put(name, value) }
}

class Stage {
    Pipeline pipeline
    List<Closure> conditions = []
    List<Closure> always = []
    boolean executor = false
    Closure body
    void agent(Closure what) { executor = true }
    void options(Closure what) { pipeline.run(what) }
    void post(Closure what) { what.delegate = this; what.resolveStrategy = Closure.DELEGATE_FIRST; what.call() }
    void always(Closure what) { always << what }
    void when(Closure what) { conditions = Conditions.of(pipeline, what) }
    void steps(Closure what) { body = what }
}

class Conditions {
    Pipeline pipeline
    List<Closure> all = []
    static List<Closure> of(Pipeline pipeline, Closure what) {
        def collected = new Conditions(pipeline: pipeline)
        pipeline.run(what, collected)
        collected.all
    }
    void beforeAgent(boolean first) {}
    void beforeOptions(boolean first) {}
    void expression(Closure what) {
        what.delegate = pipeline
        what.resolveStrategy = Closure.DELEGATE_FIRST
        all << what
    }
    void branch(String name) { all << { System.getenv('BRANCH_NAME') == name } }
    void triggeredBy(String what) { all << { System.getenv('TRIGGER') == what } }
    void allOf(Closure what) { all.addAll(of(pipeline, what)) }
    void not(Closure what) {
        def inner = of(pipeline, what)
        all << { !inner.every { it.call() } }
    }
}

class Environment {
    Pipeline pipeline
    Map getEnv() { pipeline.env }
    void setProperty(String name, Object value) {
        if (name == 'pipeline') { this.@pipeline = value } else { pipeline.variables[name] = value.toString() }
    }
}

def here = new File(getClass().protectionDomain.codeSource.location.toURI()).parentFile
def made = new Pipeline(library: new File(here, '../../workflows-examples/jenkins/library'))
def binding = new Binding(pipeline: { Closure body -> made.run(body) })
def shell = new GroovyShell(binding)
shell.evaluate(new File(args[0]))
System.exit(made.execute())
