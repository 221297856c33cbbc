namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>docs/bad-inputs.md, whose rows are what the tool said when it was approved with SENG_APPROVE=1.</summary>
internal static class BadInputDocument
{
    private const string Introduction = """
        # Bad inputs, and what the command line says

        Each was typed into the built tool; a test does it again and compares the words and the exit code with this page (`tests/StorageEngines.Cli.Tests/BadInputs`; approve new
        words with `SENG_APPROVE=1`). `/srv` and `/mnt` stand for directories of the test, ID, UUID, HASH, TIME and N for what differs from run to run. The first line is
        the error, the second one the hint; `--json` gives both in one object ([cli-json.md](cli-json.md)), `--verbose` the stack trace and the system's own words. What the
        codes mean: [exit-codes.md](exit-codes.md).

        """;

    internal static string Path => System.IO.Path.Combine(BuildPaths.RepositoryRoot, "docs", "bad-inputs.md");

    internal static bool Approving => Environment.GetEnvironmentVariable("SENG_APPROVE") == "1";

    /// <summary>The row of one input.</summary>
    internal static string Row(BadInput input, CliResult result)
    {
        string said = string.Join("<br>", result.Error.TrimEnd().Split('\n').Select(line => line.Trim()));
        return $"| {Cell(input.What)} | `{input.Command.Replace("\"", "").Replace("$W", "/srv").Replace("$C", "/mnt").Replace("|", "\\|")}` | {Cell(said)} | {result.ExitCode} |";
    }

    internal static string Text(IEnumerable<(BadInput Input, CliResult Result)> results)
        => Introduction + string.Concat(results.GroupBy(result => result.Input.Section).Select(section
            => $"\n## {section.Key}\n\n| input | typed | says | exit code |\n|---|---|---|---|\n" + string.Concat(section.Select(result => Row(result.Input, result.Result) + "\n"))));

    // The angle brackets of a line break stay; others would be taken for HTML.
    private static string Cell(string text) => text.Replace("|", "\\|").Replace("<br>", "\u0001").Replace("<", "&lt;").Replace("\u0001", "<br>");
}
