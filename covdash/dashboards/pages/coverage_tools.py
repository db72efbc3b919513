"""Coverage tools: how each writes its report, in which format, and how its arms are switched on. PURE data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """A coverage tool: `commands` write `report`, in `format` (a book of the shelf of formats). `arms` is how arms are switched on."""

    key: str
    title: str
    commands: str
    report: str
    format: str
    arms: str


TOOLS = (
    Tool(
        "pytest",
        "pytest, coverage.py",
        "pip install pytest-cov\npytest --cov --cov-branch --cov-context=test --cov-report=json\n"
        "# without pytest: coverage run --branch -m unittest && coverage json",
        "coverage.json",
        "coverage-py-json",
        "--cov-branch, or branch = true under [run] in .coveragerc, switches arms on. relative_files = true keeps paths those of the "
        "repository; [json] show_contexts = true adds which test ran a line. The JSON names missed arms, the XML counts them.",
    ),
    Tool(
        "django",
        "Django",
        "coverage run --branch --source=. manage.py test\ncoverage json\n"
        "# manage.py test --parallel: concurrency = multiprocessing, parallel = true and sigterm = true under [run], and\n"
        "# coverage combine before coverage json; without them only the first process counts",
        "coverage.json",
        "coverage-py-json",
        "--branch switches arms on. Leave out */migrations/* and manage.py with omit under [run].",
    ),
    Tool(
        "jest",
        "Jest",
        "npx jest --coverage --coverageReporters=json '--collectCoverageFrom=src/**/*.{js,jsx,ts,tsx}'",
        "coverage/coverage-final.json",
        "istanbul-json",
        "Arms, functions and statements are always in the JSON; collectCoverageFrom adds files that no test imports.",
    ),
    Tool(
        "vitest",
        "Vitest",
        "npx vitest run --coverage.enabled --coverage.reporter=json --coverage.include='src/**'",
        "coverage/coverage-final.json",
        "istanbul-json",
        "Arms, functions and statements are always in the JSON; coverage.include adds files that no test imports.",
    ),
    Tool(
        "nyc",
        "nyc, c8",
        "npx nyc --all --include 'src/**' --reporter=json npm test\n"
        "# c8: npx c8 --all --include 'src/**' --reporter=json npm test",
        "coverage/coverage-final.json",
        "istanbul-json",
        "nyc knows the arms of the source; c8 reports blocks of the engine as arms.",
    ),
    Tool(
        "node",
        "node --test",
        "node --test --experimental-test-coverage --test-reporter=lcov --test-reporter-destination=lcov.info",
        "lcov.info",
        "lcov",
        "Arms and functions are in the file. The test files are listed, too.",
    ),
    Tool(
        "go",
        "Go",
        "go test -covermode=atomic -coverpkg=./... -coverprofile=coverage.out ./...\n"
        "# programs: go build -cover ./cmd/app && GOCOVERDIR=covdata ./app && go tool covdata textfmt -i=covdata -o=coverage.out",
        "coverage.out",
        "go-cover",
        "Go counts statements of blocks, not arms. covdash shows its statements and what they say of the lines.",
    ),
    Tool(
        "jacoco",
        "Java, Kotlin: JaCoCo, Kover",
        "./mvnw verify\n# with the goals prepare-agent and report of org.jacoco:jacoco-maven-plugin in pom.xml\n"
        "# Gradle: ./gradlew test jacocoTestReport, with xml.required = true; the file is then\n"
        "# build/reports/jacoco/test/jacocoTestReport.xml\n"
        "# Kover: ./gradlew koverXmlReport; the file is then build/reports/kover/report.xml",
        "target/site/jacoco/jacoco.xml",
        "jacoco",
        "JaCoCo counts arms for each line; it does not say which of them was missed. Send the list of files along: the report names "
        "packages, not folders.",
    ),
    Tool(
        "dotnet",
        ".NET: coverlet",
        'dotnet test --collect:"XPlat Code Coverage" --results-directory TestResults\n'
        "cp TestResults/*/coverage.cobertura.xml coverage.cobertura.xml",
        "coverage.cobertura.xml",
        "cobertura",
        "Arms are always in the file. Remove TestResults first where the machine keeps its folders.",
    ),
    Tool(
        "phpunit",
        "PHP: PHPUnit",
        "XDEBUG_MODE=coverage vendor/bin/phpunit --path-coverage --coverage-clover clover.xml",
        "clover.xml",
        "clover",
        "With Xdebug and --path-coverage the file counts arms; PCOV knows lines only. PHPUnit 12 has more: --coverage-openclover.",
    ),
    Tool(
        "simplecov",
        "Ruby: SimpleCov",
        "bundle exec rspec\n# at the top of spec_helper.rb, before the code is loaded:\n"
        '# SimpleCov.start { enable_coverage :branch; track_files "{app,lib}/**/*.rb" }',
        "coverage/.resultset.json",
        "simplecov-resultset",
        "enable_coverage :branch switches arms on; track_files adds files that no test loads.",
    ),
    Tool(
        "gcov",
        "C, C++: gcovr, lcov",
        "gcovr --root . --json coverage.json\n"
        "# lcov: lcov --capture --branch-coverage --directory . --output-file coverage.info\n"
        "# lcov 1.x: --rc lcov_branch_coverage=1 instead of --branch-coverage",
        "coverage.json",
        "gcovr-json",
        "Arms, calls and functions are in the JSON when the code was compiled with --coverage.",
    ),
    Tool(
        "llvm",
        "Clang, Swift: llvm-cov",
        "llvm-profdata merge -sparse *.profraw -o tests.profdata\n"
        "llvm-cov export -format=lcov -instr-profile=tests.profdata ./tests > coverage.info\n"
        "# Swift: swift test --enable-code-coverage, then the same with xcrun before each command",
        "coverage.info",
        "lcov",
        "Arms are written by themselves.",
    ),
    Tool(
        "rust",
        "Rust: cargo llvm-cov",
        "cargo llvm-cov --workspace --lcov --output-path coverage.info",
        "coverage.info",
        "lcov",
        "Add --branch on a nightly toolchain to see arms; stable Rust has none.",
    ),
    Tool(
        "dart",
        "Dart, Flutter",
        "flutter test --coverage --branch-coverage\n# Dart: dart run coverage:test_with_coverage --branch-coverage",
        "coverage/lcov.info",
        "lcov",
        "--branch-coverage switches arms on.",
    ),
    Tool(
        "elixir",
        "Elixir: ExCoveralls",
        "MIX_ENV=test mix coveralls.lcov\n# with {:excoveralls, ..., only: :test} in mix.exs",
        "cover/lcov.info",
        "lcov",
        "Elixir counts lines only.",
    ),
    Tool(
        "scala",
        "Scala: scoverage",
        "sbt coverage test coverageAggregate\ncp target/scala-*/scoverage-report/scoverage.xml scoverage.xml",
        "scoverage.xml",
        "scoverage",
        "scoverage counts statements, and marks those that are arms.",
    ),
    Tool(
        "perl",
        "Perl: Devel::Cover",
        "HARNESS_PERL_SWITCHES=-MDevel::Cover prove -lr t\ncover -report json\n"
        "cp cover_db/cover.json cover.json",
        "cover.json",
        "devel-cover",
        "Arms and conditions are in the file.",
    ),
    Tool(
        "lua",
        "Lua: LuaCov",
        "busted --coverage\nluacov  # writes luacov.report.out",
        "luacov.report.out",
        "luacov",
        "LuaCov counts lines only.",
    ),
    Tool(
        "r",
        "R: covr",
        "Rscript -e 'covr::to_cobertura(covr::package_coverage(), \"coverage.xml\")'",
        "coverage.xml",
        "cobertura",
        "covr counts lines only.",
    ),
)
