using StorageEngines.Btrfs;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Platform.Tests.Btrfs.Remote;
using StorageEngines.Transport.Tests.Ssh;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>
/// Files that were cut inside a block and got older, longer content cloned back: the kernel's send says nothing of the block of the old end (Linux 6.18). What is exported has it.
/// </summary>
public sealed class OldEndTests(SshServer server) : IClassFixture<SshServer>
{
    private const string Make = """
        for f in within beyond renamed capable linked once two three; do head -c 60000 /dev/urandom > $f; done
        mkdir -p sub/dir; head -c 60000 /dev/urandom > sub/dir/deep; head -c 60000 /dev/urandom > sparse
        chmod 4755 capable; setcap cap_net_raw+ep capable; ln linked sub/link; ln once sub/again
        """;

    private const string Cut = """
        truncate -s 17000 beyond renamed capable linked once sub/dir/deep two three; truncate -s 57500 within; truncate -s 20001 sparse
        """;

    // The second file after 'two' is one that never was cut, and one that grows by a hole has nothing that is missing.
    private const string CloneBack = """
        for f in within beyond renamed linked once sub/dir/deep; do cp --reflink=always "$old/$f" $f; done
        cp --reflink=always "$old/capable" capable; chmod 4755 capable; setcap cap_net_raw+ep capable
        mv renamed sub/moved; mv sub/dir sub/other; mv sub top; rm once; truncate -s 50000 sparse
        cp --reflink=always "$old/two" two; printf x | dd of=two bs=1 seek=17000 conv=notrunc status=none; cp --reflink=always "$old/three" three; truncate -s 17500 three
        touch -d '2001-02-03 04:05:06.789' beyond; printf y > new
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", false)]
    [InlineData("2-compressed", false)]
    [InlineData("1", true)]
    [InlineData("2", true)]
    public async Task The_block_of_the_old_end_is_in_what_is_exported(string kind, bool remote)
    {
        Assert.SkipUnless(StreamScripts.CanRun, "backend missing: btrfs: setcap and rsync are needed to make the tree");
        await using var scene = new RemoteScene(server);
        await using var engine = new BtrfsStorageEngine(remote ? new RemoteBtrfsHost(scene.Runner) : new StorageEngines.Btrfs.Hosts.LocalBtrfsHost(), null, StreamKind.Parse(kind));
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        VolumeInfo source = await scene.VolumeAsync("source"), copy = await scene.VolumeAsync("copy");
        await engine.ResolveVolumeAsync(source.Location, Cancel);
        await engine.ResolveVolumeAsync(copy.Location, Cancel);
        string path = source.Location.ToString(), old = Path.Combine(scene.Mount, "old"), received = Directory.CreateDirectory(Path.Combine(scene.Mount, "received")).FullName;
        Bash(path, Make, old);
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", path, old);
        Bash(path, Cut, old);
        SnapshotInfo before = await snapshots.CreateAsync(new CreateSnapshotRequest(source.Ref, "before"), Cancel);
        Bash(path, CloneBack, old);
        SnapshotInfo after = await snapshots.CreateAsync(new CreateSnapshotRequest(source.Ref, "after"), Cancel);
        byte[] full = await ExportAsync(engine, null, before), next = await ExportAsync(engine, before.ChangeToken, after);
        foreach (byte[] stream in new[] { full, next })
        {
            await engine.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(stream), copy.Ref, null, Cancel);
            string file = Path.Combine(scene.Mount, "stream");
            await File.WriteAllBytesAsync(file, stream, Cancel);
            BtrfsLoop.Btrfs("receive", "-e", "-f", file, received);
        }

        StreamScripts.AssertSame(path, copy.Location.ToString());
        StreamScripts.AssertSame(path, Path.Combine(received, "after"));
        TestContext.Current.TestOutputHelper!.WriteLine(KernelsOwn(scene.Mount, source, received));
    }

    // Says whether the kernel still has the fault, for whoever reads this when it no longer does.
    private static string KernelsOwn(string mount, VolumeInfo source, string received)
    {
        string root = Path.Combine(mount, ".seng-snapshots", source.Ref.Id.Split(':')[1]), path = source.Location.ToString();
        string own = Path.Combine(mount, "own");
        BtrfsLoop.Btrfs("send", "-q", "-f", own, "-p", Path.Combine(root, "before", "data"), Path.Combine(root, "after", "data"));
        BtrfsLoop.Btrfs("subvolume", "delete", Path.Combine(received, "after"));
        BtrfsLoop.Btrfs("receive", "-e", "-f", own, received);
        return BtrfsLoop.Run("rsync", "-an", "--checksum", "-i", path + "/", Path.Combine(received, "data") + "/").Text is { Length: > 0 } wrong ? $"The kernel's own stream is wrong in: {wrong}" : "The kernel's own stream is right.";
    }

    private static void Bash(string directory, string script, string old)
    {
        (int exit, string text) = BtrfsLoop.Run("bash", "-e", "-c", $"cd '{directory}'; old='{old}'\n{script}");
        Assert.True(exit == 0, text);
    }

    private static async Task<byte[]> ExportAsync(BtrfsStorageEngine engine, ChangeToken? from, SnapshotInfo to)
    {
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        using var stream = new MemoryStream();
        await differentials.ExportAsync(await differentials.PlanAsync(from, to.Ref, null, Cancel), stream, null, Cancel);
        return stream.ToArray();
    }
}
