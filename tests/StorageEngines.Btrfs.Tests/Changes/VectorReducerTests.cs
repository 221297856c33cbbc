using System.Text.Json;
using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Tests.Changes;

public sealed class VectorReducerTests
{
    public static TheoryData<string, string> Differences() => new(Vectors.Differences().Select(d => new TheoryDataRow<string, string>(d.Case, d.File)));

    /// <summary>The cases whose expectations were written by hand; the others were made by chance.</summary>
    public static TheoryData<string, string> Handmade()
        => new(Vectors.Differences().Where(d => !d.Case.StartsWith("fuzz-", StringComparison.Ordinal)).Select(d => new TheoryDataRow<string, string>(d.Case, d.File)));

    [Theory]
    [MemberData(nameof(Differences))]
    public void Changes_turn_the_base_into_the_target(string name, string file)
    {
        TruthTree truth = TruthTree.Load(name);
        List<FileChange> changes = Vectors.Reduce(Vectors.Read(name, file), new ReducerOptions { Tree = truth });
        new ChangeReplay(truth, changes).AssertRebuilds();
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public void Ranges_that_differ_are_in_the_extents(string name, string file)
    {
        TruthTree truth = TruthTree.Load(name);
        Dictionary<BytePath, FileChange> changes = Vectors.Reduce(Vectors.Read(name, file), new ReducerOptions { Tree = truth }).ToDictionary(change => change.Path);
        foreach (JsonElement differing in Vectors.Json(name, "truth.json").GetProperty("differing4k").EnumerateArray())
        {
            BytePath path = Vectors.PathOf(differing);
            Assert.True(changes.TryGetValue(path, out FileChange? change), $"'{path}' differs and is not listed");
            foreach (JsonElement range in differing.GetProperty("ranges").EnumerateArray())
            {
                long start = range[0].GetInt64(), end = Math.Min(start + range[1].GetInt64(), truth.After[path].Known.SizeBytes);
                bool isCut = truth.Before.TryGetValue(change.OldPath ?? path, out TruthNode? old) && old.Known.SizeBytes > truth.After[path].Known.SizeBytes;
                end = isCut && end == truth.After[path].Known.SizeBytes ? end & -4096 : end; // of the last block of a file that was cut only the end needs to differ
                Assert.True(end <= start || Covers(change.Extents!, start, end), $"'{path}': [{start}, {end}) is not in {string.Join(' ', change.Extents!)}; {change}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Handmade))]
    public void Kinds_are_those_expected_by_hand(string name, string file)
    {
        JsonElement truth = Vectors.Json(name, "truth.json");
        Dictionary<BytePath, FileChange> changes = Vectors.Reduce(Vectors.Read(name, file), new ReducerOptions { Tree = TruthTree.Load(name) }).ToDictionary(change => change.Path);
        HashSet<BytePath> known = [.. truth.GetProperty("impliedDirTimes").EnumerateArray().Select(path => BytePath.FromString(path.GetString()!))];
        foreach (JsonElement one in truth.GetProperty("expected").EnumerateArray())
        {
            BytePath path = Vectors.PathOf(one);
            known.Add(path);
            bool optional = one.TryGetProperty("optional", out _);
            if (!changes.TryGetValue(path, out FileChange? change))
            {
                Assert.True(optional, $"'{path}' is not listed");
            }
            else if (!optional)
            {
                FileChangeKind kind = Expected(one.GetProperty("kind").GetString()!);
                Assert.True((change.Kind & kind) == kind, $"'{path}': {change.Kind}, expected {kind}");
                Assert.Equal(one.TryGetProperty("oldPath", out _) || one.TryGetProperty("oldPathHex", out _) ? Vectors.PathOf(one, "oldPath") : change.OldPath, change.OldPath);
            }
        }

        Assert.Empty(changes.Keys.Except(known));
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public void Without_anyone_to_ask_the_names_of_the_stream_are_right(string name, string file)
    {
        TruthTree truth = TruthTree.Load(name);
        List<FileChange> changes = Vectors.Reduce(Vectors.Read(name, file), new ReducerOptions());
        HashSet<BytePath> listed = [.. changes.Select(change => change.Path)];
        Assert.Equal(listed.Count, changes.Count);
        Assert.All(changes.Where(change => change.Kind != FileChangeKind.Removed), change => Assert.True(truth.After.ContainsKey(change.Path), $"{change}"));
        Assert.All(changes.Where(change => change.Kind.HasFlag(FileChangeKind.Removed)), change => Assert.True(truth.Before.ContainsKey(change.Path), $"{change}"));
        IEnumerable<BytePath> added = truth.After.Keys.Where(path => !truth.Before.ContainsKey(path) && !changes.Any(c => c.OldPath is not null && path.IsAtOrBelow(c.Path)));
        Assert.Empty(added.Except(listed));
    }

    private static FileChangeKind Expected(string kind) => kind switch
    {
        "added" => FileChangeKind.Added,
        "deleted" => FileChangeKind.Removed,
        "renamed" => FileChangeKind.Renamed,
        "modified" => FileChangeKind.Content,
        "metadata" => FileChangeKind.Metadata,
        "replaced" => FileChangeKind.Added | FileChangeKind.Removed,
        "typeChanged" => FileChangeKind.Added | FileChangeKind.Removed | FileChangeKind.Type,
        _ => throw new InvalidDataException(kind),
    };

    private static bool Covers(IReadOnlyList<Extent> extents, long start, long end)
    {
        foreach (Extent extent in extents)
        {
            start = extent.Offset <= start && extent.End > start ? extent.End : start;
        }

        return start >= end;
    }
}
