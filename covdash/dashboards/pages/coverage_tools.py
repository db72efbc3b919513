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
        "pip install pytest-cov\npytest --cov --cov-branch --cov-report=xml",
        "coverage.xml",
        "cobertura",
        "--cov-branch, or branch = true under [run] in .coveragerc, switches arms on. The XML does not say which arm was missed; "
        "coverage json does: send coverage.json instead to see them in words.",
    ),
    Tool(
        "jest",
        "Jest, Vitest, c8",
        "npx jest --coverage --coverageReporters=json\n"
        "# Vitest: npx vitest run --coverage --coverage.reporter=json\n"
        "# c8:     npx c8 --reporter=json npm test",
        "coverage/coverage-final.json",
        "istanbul-json",
        "Arms, functions and statements are always in the JSON.",
    ),
    Tool(
        "go",
        "Go",
        "go test -covermode=atomic -coverprofile=coverage.out ./...",
        "coverage.out",
        "go-cover",
        "Go counts statements of blocks, not arms. covdash shows its statements and what they say of the lines.",
    ),
    Tool(
        "jacoco",
        "Java, Kotlin: JaCoCo",
        "./mvnw verify\n# with the goals prepare-agent and report of org.jacoco:jacoco-maven-plugin in pom.xml\n"
        "# Gradle: ./gradlew test jacocoTestReport, with xml.required = true; the file is then\n"
        "# build/reports/jacoco/test/jacocoTestReport.xml",
        "target/site/jacoco/jacoco.xml",
        "jacoco",
        "JaCoCo counts arms for each line; it does not say which of them was missed.",
    ),
    Tool(
        "dotnet",
        ".NET: coverlet",
        'dotnet test --collect:"XPlat Code Coverage" --results-directory TestResults\n'
        "cp TestResults/*/coverage.cobertura.xml coverage.cobertura.xml",
        "coverage.cobertura.xml",
        "cobertura",
        "Arms are always in the file.",
    ),
    Tool(
        "phpunit",
        "PHP: PHPUnit",
        "XDEBUG_MODE=coverage vendor/bin/phpunit --coverage-clover clover.xml",
        "clover.xml",
        "clover",
        "Clover files of PHPUnit hold lines and functions. With --path-coverage, --coverage-cobertura holds arms too.",
    ),
    Tool(
        "gcov",
        "C, C++: lcov, gcovr",
        "lcov --capture --branch-coverage --directory . --output-file coverage.info\n"
        "# lcov 1.x: --rc lcov_branch_coverage=1 instead of --branch-coverage\n"
        "# gcovr:    gcovr --lcov coverage.info",
        "coverage.info",
        "lcov",
        "--branch-coverage switches arms on when the code was compiled with --coverage.",
    ),
    Tool(
        "llvm",
        "Clang, Rust, Swift: llvm-cov",
        "cargo llvm-cov --lcov --output-path coverage.info\n"
        "# Clang: llvm-cov export -format=lcov -instr-profile=tests.profdata ./tests > coverage.info\n"
        "# Swift: xcrun llvm-cov export -format=lcov -instr-profile=default.profdata PATH_TO_TESTS > coverage.info",
        "coverage.info",
        "lcov",
        "Clang and Swift write arms by themselves; for Rust add --branch on a nightly toolchain.",
    ),
)
