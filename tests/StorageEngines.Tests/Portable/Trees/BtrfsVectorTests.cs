using System.Text.Json;

namespace StorageEngines.Tests.Portable.Trees;

public sealed class BtrfsVectorTests
{
    public static TheoryData<string, string> Differences()
    {
        var data = new TheoryData<string, string>();
        foreach (string name in BtrfsVectors.Cases())
        {
            foreach (string file in new[] { "incr.data-v1.send", "incr.data-v2.send" }.Where(f => File.Exists(Path.Combine(BtrfsVectors.Root, name, f))))
            {
                data.Add(name, file);
            }
        }

        return data;
    }

    public static TheoryData<string, string> Damaged()
    {
        using JsonDocument document = JsonDocument.Parse(BtrfsVectors.Read("negative", "negative.json"));
        var data = new TheoryData<string, string>();
        foreach (JsonElement vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            data.Add(vector.GetProperty("file").GetString()!, vector.GetProperty("expect").GetString()!);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Differences))]
    public async Task Applying_base_and_difference_gives_the_next_snapshot(string name, string file)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: owners and devices of the recorded trees need it");
        using var scratch = new ScratchDirectory();
        BytePath target = scratch.At("tree");
        await TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read(name, "base.full-data-v1.send")), target, scratch.Options);
        Assert.Equal(BtrfsVectors.Truth(name, "before"), LiveTree.Read(target));

        await TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read(name, file)), target, scratch.Options);

        Assert.Equal(BtrfsVectors.Truth(name, "after"), LiveTree.Read(target));
        Assert.Equal(["state", "tree"], Directory.GetFileSystemEntries(scratch.Path).Select(p => Path.GetFileName(p)!).Order());
    }

    [Theory]
    [MemberData(nameof(Damaged))]
    public async Task A_damaged_stream_is_refused_and_changes_nothing(string file, string expected)
    {
        using var scratch = new ScratchDirectory();
        BytePath target = scratch.At("tree");
        await TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read("modify", "base.full-data-v1.send")), target, scratch.Options);
        SortedDictionary<BytePath, string> before = LiveTree.Read(target);
        ApplyOptions options = scratch.Options with { SkipBaseCheck = true };

        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
            () => TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read("negative", file)), target, options));

        Assert.Contains("byte ", error.Message, StringComparison.Ordinal);
        Assert.Contains("error", expected, StringComparison.Ordinal);
        Assert.Equal(before, LiveTree.Read(target));
    }

    [Fact]
    public async Task Several_snapshots_in_one_stream_are_refused()
    {
        using var scratch = new ScratchDirectory();
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read("multi", "two-with-headers.data-v1.send")), scratch.At("tree"), scratch.Options));
        Assert.Equal(EngineReason.NotSupported, error.Reason);
    }

    [Fact]
    public async Task Another_base_is_refused_before_the_first_write()
    {
        using var scratch = new ScratchDirectory();
        BytePath target = scratch.At("tree");
        await TreeDifferential.ApplyAsync(new MemoryStream(BtrfsVectors.Read("modify", "base.full-data-v1.send")), target, scratch.Options);
        SortedDictionary<BytePath, string> before = LiveTree.Read(target);
        var other = new MemoryStream(BtrfsVectors.Read("create", "incr.data-v1.send"));
        await Assert.ThrowsAsync<BaseMismatchException>(() => TreeDifferential.ApplyAsync(other, target, scratch.Options));
        Assert.Equal(before, LiveTree.Read(target));

        File.SetLastWriteTimeUtc(Path.Combine(scratch.Path, "tree"), DateTime.UnixEpoch);
        var own = new MemoryStream(BtrfsVectors.Read("modify", "incr.data-v1.send"));
        BaseMismatchException error = await Assert.ThrowsAsync<BaseMismatchException>(() => TreeDifferential.ApplyAsync(own, target, scratch.Options));
        Assert.Contains("changed since", error.Message, StringComparison.Ordinal);
    }
}
