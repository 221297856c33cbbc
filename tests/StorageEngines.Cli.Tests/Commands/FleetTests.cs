using System.Text.Json;
using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Volumes;
using StorageEngines.Testing;

namespace StorageEngines.Cli.Tests.Commands;

/// <summary><c>fleet</c>: what changed on all volumes of an engine.</summary>
public sealed class FleetTests
{
    private readonly InMemoryStorageEngine _engine = new();
    private readonly InProcessCli _cli;

    public FleetTests() => _cli = new InProcessCli(_engine);

    [Fact]
    public async Task Every_volume_has_a_line_and_the_last_line_counts_them()
    {
        await PairAsync("changed", writes: true);
        await PairAsync("still", writes: false);
        await SnapshotAsync(_engine.CreateBlockVolume("young", 1 << 20).Ref, "a");
        _engine.CreateTreeVolume("tree");
        string[] lines = (await _cli.RunAsync("fleet", "memory", "--parallel", "1")).Expect(0).Output.TrimEnd('\n').Split('\n');
        Assert.Matches(@"^   EXTENTS             BYTES  MODE                MS  VOLUME  BASE -> TARGET$", lines[0]);
        Assert.Matches(@"^         1              4096  nativeDelta   +\d+  changed  a -> b$", lines[1]);
        Assert.Matches(@"^         0                 0  nativeDelta   +\d+  still  a -> b$", lines[2]);
        Assert.EndsWith("-  young  not compared: one snapshot", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("-  tree  not compared: a tree, whose files 'diff' compares", lines[4], StringComparison.Ordinal);
        Assert.Matches(@"^4 volumes: 1 changed, 1 unchanged, 2 not compared \(1 without two snapshots and 1 trees\), 0 failed; 1 extents, 4,096 B \(4 KiB\) changed; \d+\.\d s$", lines[5]);
        Assert.Equal(6, lines.Length);
    }

    [Fact]
    public async Task In_json_every_volume_is_a_line_and_the_last_one_has_the_totals()
    {
        await PairAsync("changed", writes: true);
        _engine.CreateBlockVolume("bare", 4096);
        IReadOnlyList<JsonElement> lines = (await _cli.RunAsync("fleet", "memory:", "--parallel", "1", "--json")).Expect(0).JsonLines;
        Assert.Equal(3, lines.Count);
        Assert.Equal(
            """{"engine":"memory","volumeId":"v1","volumeName":"changed","location":"changed","outcome":"changed","reason":null,"baseId":"s3","baseName":"a","targetId":"s4","targetName":"b","extentCount":1,"dataBytes":4096,"zeroBytes":0,"capacityBytes":1048576,"baseCapacityBytes":1048576,"source":"nativeDelta","exactness":"exact","granularityBytes":null,"mode":null,"elapsedMilliseconds":0,"error":null}""",
            System.Text.RegularExpressions.Regex.Replace(lines[0].GetRawText(), "\"elapsedMilliseconds\":[0-9]+", "\"elapsedMilliseconds\":0"));
        Assert.Equal(("notCompared", "noSnapshot", JsonValueKind.Null), (lines[1].GetProperty("outcome").GetString(), lines[1].GetProperty("reason").GetString(), lines[1].GetProperty("baseId").ValueKind));
        Assert.Equal(
            lines[0].EnumerateObject().Select(field => field.Name), lines[1].EnumerateObject().Select(field => field.Name)); // What is not known is null, not left out.
        JsonElement totals = lines[2].GetProperty("totals");
        Assert.Equal(
            (2, 1, 0, 1, 0, 4096),
            (totals.GetProperty("volumes").GetInt32(), totals.GetProperty("changed").GetInt32(), totals.GetProperty("unchanged").GetInt32(), totals.GetProperty("notCompared").GetInt32(), totals.GetProperty("failed").GetInt32(), totals.GetProperty("dataBytes").GetInt32()));
    }

    [Fact]
    public async Task A_volume_that_fails_is_told_and_the_others_go_on()
    {
        await PairAsync("good", writes: true);
        VolumeRef bad = await PairAsync("bad", writes: true);
        await PairAsync("last", writes: false);
        _engine.LoseChangeTracking(bad);
        CliResult text = (await _cli.RunAsync("fleet", "memory", "--parallel", "1")).Expect(ExitCode.SomeFailed);
        Assert.Matches(@"(?m)^         -                 -  -             +\d+  bad  a -> b  failed: .+$", text.Output);
        Assert.Matches(@"(?m)  good  a -> b$", text.Output);
        Assert.Matches(@"(?m)  last  a -> b$", text.Output);
        Assert.Contains("3 volumes: 1 changed, 1 unchanged, 0 not compared, 1 failed", text.Output, StringComparison.Ordinal);
        JsonElement failed = (await _cli.RunAsync("fleet", "memory", "--parallel", "1", "--json")).Expect(ExitCode.SomeFailed).JsonLines[1];
        Assert.Equal(("failed", "ChangeTrackingLost", 12), (failed.GetProperty("outcome").GetString(), failed.GetProperty("error").GetProperty("reason").GetString(), failed.GetProperty("error").GetProperty("exitCode").GetInt32()));
    }

    [Fact]
    public async Task Extents_are_printed_with_their_volumes()
    {
        await PairAsync("one", writes: true);
        await PairAsync("two", writes: false);
        string text = (await _cli.RunAsync("fleet", "memory", "--extents", "--parallel", "1")).Expect(0).Output;
        Assert.Matches(@"(?m)\A +OFFSET +LENGTH  STATE  PATH$", text);
        Assert.Matches(@"(?m)^ +8192 +4096  data   one\none  a -> b: 1 extents, 4096 B \(nativeDelta\), \d+ ms\ntwo  a -> b: 0 extents", text);
        IReadOnlyList<JsonElement> lines = (await _cli.RunAsync("fleet", "memory", "--extents", "--parallel", "1", "--json")).Expect(0).JsonLines;
        Assert.Equal(("one", 8192L), (lines[0].GetProperty("location").GetString(), lines[0].GetProperty("extents")[0].GetProperty("offset").GetInt64()));
        Assert.Equal(["changed", "unchanged"], lines.Skip(1).Take(2).Select(line => line.GetProperty("outcome").GetString()!));
    }

    [Theory]
    [InlineData("a -> c", "--base", "a")]
    [InlineData("a -> b", "--base", "a", "--target", "@b")]
    [InlineData("a -> b", "--target", "b")]
    [InlineData("b -> c", "--list-per-volume")]
    [InlineData("not compared: no snapshot 'x'", "--base", "x")]
    [InlineData("not compared: no snapshot 'x'", "--target", "x")]
    [InlineData("not compared: nothing newer than 'c'", "--base", "c")]
    [InlineData("not compared: nothing older than 'a'", "--target", "a")]
    [InlineData("not compared: one snapshot", "--prefix", "b")]
    public async Task Snapshots_are_chosen_by_name(string says, params string[] options)
    {
        await SnapshotAsync(await PairAsync("disk", writes: true), "c");
        Assert.Contains($"disk  {says}\n", (await _cli.RunAsync(["fleet", "memory", .. options])).Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volumes_are_chosen_by_place_and_a_place_without_any_is_an_error()
    {
        await PairAsync("rbd/one", writes: true);
        await PairAsync("rbd2/two", writes: true);
        string output = (await _cli.RunAsync("fleet", "memory:rbd")).Expect(0).Output;
        Assert.Contains("rbd/one", output, StringComparison.Ordinal);
        Assert.DoesNotContain("rbd2", output, StringComparison.Ordinal);
        CliResult missing = (await _cli.RunAsync("fleet", "memory:rbd3", "--json")).Expect(3);
        Assert.Contains("lists no volume at 'rbd3'", missing.Error, StringComparison.Ordinal);
        Assert.Empty(missing.Output);
    }

    [Fact]
    public async Task Quiet_leaves_the_totals_out()
    {
        await PairAsync("disk", writes: true);
        Assert.Equal(2, (await _cli.RunAsync("fleet", "memory", "-q")).Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("give 1 to 256", "memory", "--parallel", "0")]
    [InlineData("give 1 to 256", "memory", "--parallel", "257")]
    [InlineData("is not a snapshot name", "memory", "--base", "a/b")]
    [InlineData("are both 'a'", "memory", "--base", "a", "--target", "a")]
    [InlineData("does not begin with 'b'", "memory", "--base", "a", "--prefix", "b")]
    [InlineData("is not an engine, nor", "/srv/data")]
    [InlineData("is not an engine, nor", "")]
    [InlineData("is not an engine, nor", "memory+ssh:")]
    public async Task What_cannot_be_meant_is_an_error_of_usage(string says, params string[] arguments)
    {
        CliResult result = (await _cli.RunAsync(["fleet", .. arguments])).Expect(2);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Theory]
    [InlineData("ceph-rbd", "ceph-rbd", null, "")]
    [InlineData("ceph-rbd:", "ceph-rbd", null, "")]
    [InlineData("ceph-rbd:?conf=/etc/c:2", "ceph-rbd", null, "")]
    [InlineData("ceph-rbd?conf=/etc/c", "ceph-rbd", null, "")]
    [InlineData("ceph-rbd:rbd", "ceph-rbd", null, "rbd")]
    [InlineData("ceph-rbd:rbd/space?conf=/etc/c", "ceph-rbd", null, "rbd/space")]
    [InlineData("zfs+ssh://root@host/tank", "zfs", "host", "/tank")]
    [InlineData("zfs+ssh://root@host/", "zfs", "host", "")]
    [InlineData("zfs+ssh://root@host:22", "zfs", "host", "")]
    [InlineData("zfs+ssh://root@[::1]?a=b", "zfs", "::1", "")]
    public void An_engine_is_named_with_or_without_a_place(string text, string scheme, string? host, string location)
    {
        VolumeAddress address = Addresses.Engine(text);
        Assert.Equal((scheme, host, location), (address.Scheme, address.Host, address.Location.ToString()));
        Assert.Equal(text.Contains('?') ? 1 : 0, address.Settings.Count);
    }

    private async Task<VolumeRef> PairAsync(string name, bool writes)
    {
        InMemoryBlockVolume volume = _engine.CreateBlockVolume(name, 1 << 20);
        await SnapshotAsync(volume.Ref, "a");
        if (writes)
        {
            volume.Write(8192, new byte[] { 1, 2, 3 });
        }

        await SnapshotAsync(volume.Ref, "b");
        return volume.Ref;
    }

    private Task<SnapshotInfo> SnapshotAsync(VolumeRef volume, string name)
        => _engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, name), TestContext.Current.CancellationToken);
}
