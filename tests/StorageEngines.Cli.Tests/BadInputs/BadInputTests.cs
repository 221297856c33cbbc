namespace StorageEngines.Cli.Tests.BadInputs;

/// <summary>Bad inputs through the built tool: an error of one or two lines that docs/bad-inputs.md has, the right exit code, and nothing lost or left behind.</summary>
public sealed class BadInputTests(BadInputScene scene) : IClassFixture<BadInputScene>
{
    public static IEnumerable<TheoryDataRow<int>> Inputs
        => BadInputList.All.Select((input, i) => new TheoryDataRow<int>(i) { TestDisplayName = $"{input.Section}: {input.What}" });

    [Theory]
    [MemberData(nameof(Inputs))]
    public void It_is_answered_as_documented(int index)
    {
        BadInput input = BadInputList.All[index];
        Assert.SkipUnless(!input.NeedsRoot || Environment.IsPrivilegedProcess, "backend missing: root: this input has to be made by root");
        Assert.SkipUnless(!input.NeedsBtrfs || Environment.IsPrivilegedProcess, "backend missing: btrfs: mounting needs root");
        Assert.SkipUnless(!input.NeedsBtrfs || new[] { "/usr/sbin/mkfs.btrfs", "/sbin/mkfs.btrfs" }.Any(File.Exists), "backend missing: btrfs: mkfs.btrfs is not installed");
        CliResult result = scene.Run(input).Expect(input.ExitCode);
        string[] lines = result.Error.TrimEnd('\n').Split('\n');
        Assert.InRange(lines.Length, 1, 2);
        Assert.Matches("^(error|warning): ", lines[0]);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        if (!BadInputDocument.Approving)
        {
            Assert.Contains(BadInputDocument.Row(input, result), File.ReadAllText(BadInputDocument.Path), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_documentation_has_a_row_for_each_and_no_other()
    {
        if (BadInputDocument.Approving)
        {
            File.WriteAllText(BadInputDocument.Path, BadInputDocument.Text(BadInputList.All.Select(input => (input, scene.Run(input)))));
        }

        Assert.Equal(BadInputList.All.Count, File.ReadLines(BadInputDocument.Path).Count(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| input |", StringComparison.Ordinal)));
    }
}
