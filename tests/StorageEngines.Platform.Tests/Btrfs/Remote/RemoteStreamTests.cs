using System.Diagnostics;
using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Testing;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs.Remote;

/// <summary>Native streams of another host: exported there, applied there, mixed with those of this machine, and disturbed.</summary>
public sealed class RemoteStreamTests(SshServer server) : IClassFixture<SshServer>
{
    private const int Rounds = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1", "")]
    [InlineData("2", "lzo")]
    [InlineData("2-compressed", "zstd")]
    public async Task A_chain_goes_there_and_back_again(string kind, string compression)
    {
        Assert.SkipUnless(StreamScripts.CanRun, "backend missing: btrfs: setfattr, setfacl, setcap and rsync are needed to make the tree");
        await using var scene = new RemoteScene(server);
        await using var there = new BtrfsStorageEngine(new RemoteBtrfsHost(scene.Runner), null, StreamKind.Parse(kind));
        await using var here = new BtrfsStorageEngine(null, StreamKind.Parse(kind));
        VolumeInfo source = await scene.VolumeAsync("source"), away = await scene.VolumeAsync("away"), back = await scene.VolumeAsync("back");
        if (compression.Length > 0)
        {
            BtrfsLoop.Btrfs("property", "set", source.Location.ToString(), "compression", compression);
        }

        foreach (VolumeInfo volume in new[] { source, away, back })
        {
            Assert.Equal(volume.Ref, (await here.ResolveVolumeAsync(volume.Location, Cancel)).Ref);
            Assert.Equal(volume.Ref, (await there.ResolveVolumeAsync(volume.Location, Cancel)).Ref);
        }

        StreamScripts.Make(source.Location.ToString());
        SnapshotInfo? last = null, lastAway = null;
        for (int round = 0; round <= Rounds; round++)
        {
            SnapshotInfo cut = await here.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(source.Ref, $"round-{round}"), Cancel);
            byte[] own = await ExportAsync(here, last?.ChangeToken, cut), sent = await ExportAsync(there, last?.ChangeToken, cut);
            Assert.Equal(own, sent);
            SnapshotInfo brought = await ApplyAsync(there, own, away);
            StreamScripts.AssertSame(source.Location.ToString(), away.Location.ToString());
            SnapshotInfo again = await ApplyAsync(here, await ExportAsync(there, lastAway?.ChangeToken, brought), back);
            StreamScripts.AssertSame(source.Location.ToString(), back.Location.ToString());
            Assert.Equal((cut.Ref.Name, cut.Ref.Name), (brought.Ref.Name, again.Ref.Name));
            (last, lastAway) = (cut, brought);
            StreamScripts.Change(source.Location.ToString(), round + 1);
        }

        Assert.Equal(await TimesAsync(here, away), await TimesAsync(there, away));
        Assert.Empty(scene.Leftovers());
    }

    [Theory]
    [InlineData(CommandFaultKind.ConnectionLost, 0)]
    [InlineData(CommandFaultKind.ConnectionLost, 100_000)]
    [InlineData(CommandFaultKind.Exit, 100_000)]
    [InlineData(CommandFaultKind.Exit, 10_000_000)] // the whole stream with its END comes, and then the exit code of a failure
    [InlineData(CommandFaultKind.SilentlyCut, 100_000)]
    public async Task An_export_that_breaks_off_is_an_error(CommandFaultKind fault, long after)
    {
        FaultyCommandRunner? faulty = null;
        await using var scene = new RemoteScene(server, inner => faulty = new FaultyCommandRunner(inner) { Applies = request => request.Program == "btrfs" });
        (_, SnapshotInfo snapshot, byte[] whole) = await SourceAsync(scene);
        IDifferentials differentials = scene.Engine.Feature<IDifferentials>()!;
        TransferPlan plan = await differentials.PlanAsync(null, snapshot.Ref, null, Cancel);
        (faulty!.Fault, faulty.AfterBytes) = (fault, after);
        using var pipe = new ForwardStream();
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => differentials.ExportAsync(plan, pipe, null, Cancel));
        if (fault == CommandFaultKind.ConnectionLost)
        {
            Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        }

        faulty.Fault = CommandFaultKind.None;
        Assert.Equal(whole, await ExportAsync(scene.Engine, null, snapshot));
        await scene.Snapshots.DeleteAsync(snapshot.Ref, DeleteMode.Everything, Cancel); // no send of it runs any longer
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(1.0)] // all but END was received
    public async Task A_connection_that_is_cut_while_a_stream_is_applied_leaves_nothing(double part)
    {
        await using var scene = new RemoteScene(server);
        (VolumeInfo volume, SnapshotInfo snapshot, byte[] whole) = await SourceAsync(scene);
        VolumeInfo copy = await scene.VolumeAsync("copy");
        using var input = new StallingStream(whole, (int)((whole.Length - 20) * part));
        Task applying = scene.Engine.Feature<IDifferentials>()!.ApplyAsync(input, copy.Ref, null, Cancel);
        await input.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await AwaitAsync(() => Halves(scene).Count == 1, "nothing is received");
        KilledChangeTests.KillConnections(server);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => applying.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        Assert.Contains("removes it", error.Message, StringComparison.Ordinal);
        await AwaitAsync(() => Halves(scene).Count == 0, "what was received is still there"); // no other engine is needed for that
        await AwaitAsync(() => !scene.Leftovers().Any(), "a directory is still there");
        await using var later = new BtrfsStorageEngine(new RemoteBtrfsHost(scene.Runner), null);
        SnapshotInfo brought = await ApplyAsync(later, whole, copy);
        Assert.Equal(snapshot.Ref.Name, brought.Ref.Name);
        StreamScripts.AssertSame(volume.Location.ToString(), copy.Location.ToString());
    }

    [Fact]
    public async Task A_cancelled_apply_leaves_nothing_and_the_next_one_may_follow_at_once()
    {
        await using var scene = new RemoteScene(server);
        (VolumeInfo volume, _, byte[] whole) = await SourceAsync(scene);
        VolumeInfo copy = await scene.VolumeAsync("copy");
        using var cancel = new CancellationTokenSource();
        using var input = new StallingStream(whole, whole.Length / 2);
        Task applying = scene.Engine.Feature<IDifferentials>()!.ApplyAsync(input, copy.Ref, null, cancel.Token);
        await input.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying);
        Assert.Empty(scene.Leftovers());
        await ApplyAsync(scene.Engine, whole, copy);
        StreamScripts.AssertSame(volume.Location.ToString(), copy.Location.ToString());
    }

    [Theory]
    [InlineData("/etc", "evil")]
    [InlineData("..", "evil")]
    [InlineData("..", ".evil")]
    [InlineData("../../..", "evil")]
    public async Task A_stream_that_writes_through_a_link_comes_no_further_than_its_own_directory(string link, string name)
    {
        await using var scene = new RemoteScene(server);
        VolumeInfo volume = await scene.VolumeAsync("v");
        byte[] stream = new HandStream().Add(HandStream.Subvolume, (HandStream.Path, "bad"), (HandStream.Uuid, Guid.NewGuid()), (HandStream.Transaction, 7))
            .Add(HandStream.Symlink, (HandStream.Path, "link"), (HandStream.Inode, 300), (HandStream.Link, link))
            .Add(HandStream.MakeFile, (HandStream.Path, "link/" + name), (HandStream.Inode, 301)).Add(HandStream.End).Bytes;
        await Assert.ThrowsAnyAsync<StorageEngineException>(() => ApplyAsync(scene.Engine, stream, volume));
        Assert.False(File.Exists("/etc/" + name));
        Assert.Empty(Directory.EnumerateFiles(scene.Mount, "*evil", SearchOption.AllDirectories));
        Assert.Empty(scene.Leftovers());
        Assert.Empty(await scene.Snapshots.ListAsync(volume.Ref, null, Cancel).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_host_whose_program_knows_version_1_only_sends_that()
    {
        string path = Directory.CreateTempSubdirectory("seng-test-path-").FullName;
        try
        {
            string program = Path.Combine(path, "btrfs");
            await File.WriteAllTextAsync(program, "#!/bin/sh\nfor a in \"$@\"; do [ \"$a\" != --proto ] || { echo 'unknown option' >&2; exit 1; }; done\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec btrfs \"$@\"\n", Cancel);
            Assert.Equal(0, BtrfsLoop.Run("chmod", "700", program).Exit);
            await using var scene = new RemoteScene(server, inner => new ChangedRunner(inner, request => request with
            {
                Environment = new Dictionary<string, string> { ["PATH"] = path + ":/usr/sbin:/usr/bin:/sbin:/bin" },
            }));
            (_, SnapshotInfo snapshot, _) = await SourceAsync(scene);
            TransferPlan plan = await scene.Engine.Feature<IDifferentials>()!.PlanAsync(null, snapshot.Ref, null, Cancel);
            Assert.Equal((StreamKind.Plain, 1), (plan.Format, plan.FormatVersion));
            byte[] stream = await ExportAsync(scene.Engine, null, snapshot);
            Assert.Equal(1, stream["btrfs-stream".Length + 1]);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    private static async Task<(VolumeInfo Volume, SnapshotInfo Snapshot, byte[] Stream)> SourceAsync(RemoteScene scene)
    {
        VolumeInfo volume = await scene.VolumeAsync("source");
        byte[] bytes = new byte[1 << 20];
        new Random(3).NextBytes(bytes);
        await File.WriteAllBytesAsync(scene.At("source", "file"), bytes, Cancel);
        SnapshotInfo snapshot = await scene.SnapshotAsync(volume, "one");
        return (volume, snapshot, await ExportAsync(scene.Engine, null, snapshot));
    }

    private static List<string> Halves(RemoteScene scene)
        => [.. BtrfsLoop.Btrfs("subvolume", "list", scene.Mount).Split('\n').Where(line => line.Contains(".seng-tmp-", StringComparison.Ordinal))];

    private static async Task<List<(string?, long)>> TimesAsync(BtrfsStorageEngine engine, VolumeInfo volume)
        => await engine.Feature<ISnapshots>()!.ListAsync(volume.Ref, null, Cancel).Select(each => (each.Ref.Name, each.CreatedAt.ToUnixTimeSeconds())).ToListAsync(Cancel);

    private static async Task AwaitAsync(Func<bool> isSo, string otherwise)
    {
        for (var clock = Stopwatch.StartNew(); !isSo(); await Task.Delay(10, Cancel))
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), otherwise);
        }
    }

    private static Task<SnapshotInfo> ApplyAsync(BtrfsStorageEngine engine, byte[] stream, VolumeInfo volume)
        => engine.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(stream), volume.Ref, null, Cancel);

    private static async Task<byte[]> ExportAsync(BtrfsStorageEngine engine, ChangeToken? from, SnapshotInfo to)
    {
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        using var stream = new MemoryStream();
        await differentials.ExportAsync(await differentials.PlanAsync(from, to.Ref, null, Cancel), stream, null, Cancel);
        return stream.ToArray();
    }

    /// <summary>What was written cannot be taken back.</summary>
    private sealed class ForwardStream : MemoryStream
    {
        public override bool CanSeek => false;
    }
}
