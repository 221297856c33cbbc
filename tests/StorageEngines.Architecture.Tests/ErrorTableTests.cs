using System.Text.RegularExpressions;

namespace StorageEngines.Architecture.Tests;

/// <summary>docs/errors.md says what the sources do: each status with its reason, and no other.</summary>
public sealed partial class ErrorTableTests
{
    // The exceptions that are given a reason, and have a status of their own.
    private static readonly (EngineStatus Status, EngineReason[] Reasons)[] Typed =
    [
        (new VolumeNotFoundException("v").Status, [EngineReason.VolumeMissing, EngineReason.VolumeReplaced]),
        (new SnapshotNotFoundException("s", "v").Status, [EngineReason.SnapshotMissing]),
        (new ChangeTrackingUnavailableException(EngineReason.BaseMissing, "m").Status,
            [EngineReason.BaseMissing, EngineReason.ChangeTrackingOff, EngineReason.ChangeTrackingLost, EngineReason.VolumeReplaced]),
        (new LineageBrokenException(EngineReason.WrongOrder, "m").Status, [EngineReason.UnrelatedSnapshots, EngineReason.WrongOrder]),
        (new SnapshotInUseException(EngineReason.HeldByOther, "m", []).Status,
            [EngineReason.HeldByOther, EngineReason.SnapshotBusy, EngineReason.NewerSnapshotsExist]),
    ];

    [Fact]
    public void Every_reason_is_in_the_table()
        => Assert.Equal([], Enum.GetValues<EngineReason>().Where(reason => reason != EngineReason.None).Except(Table().Select(row => row.Reason)));

    [Fact]
    public void What_is_thrown_is_in_the_table() => Assert.Equal([], Thrown().Except(Table()).Order());

    [Fact]
    public void What_is_in_the_table_is_thrown_or_kept_for_native_engines()
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/errors.md"));
        string last = text[text.TrimEnd().LastIndexOf('\n')..];
        HashSet<string> kept = [.. Quoted().Matches(last).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(kept);
        Assert.Equal([], Table().Except(Thrown()).Where(row => !kept.Contains(row.Reason.ToString())).Order());
        Assert.Equal([], kept.Where(reason => SourcesThrow(reason)).Order());
    }

    [Fact]
    public void Every_type_in_the_table_exists()
    {
        HashSet<string> types = [.. typeof(StorageEngineException).Assembly.GetExportedTypes().Select(type => type.Name)];
        Assert.Equal([], Rows().SelectMany(cells => Quoted().Matches(cells[1])).Select(match => match.Groups[1].Value).Where(type => !types.Contains(type)));
    }

    private static IEnumerable<string[]> Rows()
        => File.ReadLines(Path.Combine(Repository.Root, "docs/errors.md"))
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| Condition", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split(" | "));

    private static HashSet<(EngineStatus Status, EngineReason Reason)> Table()
    {
        HashSet<(EngineStatus, EngineReason)> table = [];
        foreach (string[] cell in Rows().Where(cells => cells.Length == 4).Select(cells => cells[2].Split("; ")).Where(cell => cell.Length == 2))
        {
            table.UnionWith(
                from status in cell[0].Split(" or ")
                from reason in cell[1].Split(", ")
                select (Enum.Parse<EngineStatus>(status), Enum.Parse<EngineReason>(reason)));
        }

        return table;
    }

    private static HashSet<(EngineStatus Status, EngineReason Reason)> Thrown()
    {
        HashSet<(EngineStatus, EngineReason)> thrown = [.. Typed.SelectMany(type => type.Reasons, (type, reason) => (type.Status, reason))];
        thrown.UnionWith(
            from file in Repository.SourceFiles("src", "plugins")
            from match in StatusAndReason().Matches(File.ReadAllText(file))
            let reason = Enum.Parse<EngineReason>(match.Groups["reason"].Value)
            where reason != EngineReason.None
            select (Enum.Parse<EngineStatus>(match.Groups["status"].Value), reason));
        return thrown;
    }

    private static bool SourcesThrow(string reason)
        => Repository.SourceFiles("src", "plugins").Any(file => Regex.IsMatch(File.ReadAllText(file), $@"(EngineStatus\.\w+,|Exception\()\s*EngineReason\.{reason}\b"));

    [GeneratedRegex(@"EngineStatus\.(?<status>\w+),\s*EngineReason\.(?<reason>\w+)")]
    private static partial Regex StatusAndReason();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Quoted();
}
