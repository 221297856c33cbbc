using System.Buffers.Binary;

namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>That the Ceph cluster keeps images, that its users have the rights that tests rely on, and that its processes can be made to fail.</summary>
public sealed class CephClusterTests : IDisposable
{
    // Exit codes of rbd, which are error numbers of Linux.
    private const int NotPermitted = 1, TimedOut = 110;

    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-images-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_image_keeps_what_is_written()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Token);
        string image = await cluster.NamespaceAsync(Token) + "/disk";
        byte[] content = Bytes(5_000_000), change = Bytes(65_536);
        await ImportAsync(cluster, content, image);
        await cluster.RunAsync("rbd", ["snap", "create", "--no-progress", image + "@a"], Token);

        await File.WriteAllBytesAsync(In("change"), Difference(content.Length, 4_160_000, change), Token);
        await cluster.RunAsync("rbd", ["import-diff", "--no-progress", In("change"), image], Token);
        Assert.Equal(content, await ExportAsync(cluster, image + "@a"));
        change.CopyTo(content, 4_160_000);
        Assert.Equal(content, await ExportAsync(cluster, image));
    }

    [Fact]
    public async Task A_snapshot_is_cloned_without_protection()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Token);
        string image = await cluster.NamespaceAsync(Token) + "/disk";
        byte[] content = Bytes(100_000);
        await ImportAsync(cluster, content, image);
        await cluster.RunAsync("rbd", ["snap", "create", "--no-progress", image + "@a"], Token);
        await cluster.RunAsync("rbd", ["clone", image + "@a", image + "-clone"], Token);
        Assert.Equal(content, await ExportAsync(cluster, image + "-clone"));
    }

    [Fact]
    public async Task Users_may_do_what_their_names_say()
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Token);
        string space = await cluster.NamespaceAsync(Token), image = space + "/disk";
        byte[] content = Bytes(100_000);
        await ImportAsync(cluster, content, image);

        Assert.Equal(content, await ExportAsync(cluster, image, "--id", "seng-reader"));
        Assert.Equal(NotPermitted, await FailAsync(cluster, "create", "--size", "1M", space + "/other", "--id", "seng-reader"));
        Assert.Equal(NotPermitted, await FailAsync(cluster, "rm", "--no-progress", image, "--id", "seng-reader"));
        Assert.Equal(NotPermitted, await FailAsync(cluster, "ls", space, "--id", "seng-nothing"));
        Assert.Equal("disk\n", await cluster.RunAsync("rbd", ["ls", space], Token));
        Assert.Contains("HEALTH_", await cluster.RunAsync("ceph", ["health"], Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_processes_can_fail_and_come_back()
    {
        string conf;
        await using (CephCluster cluster = await CephCluster.OwnOrSkipAsync())
        {
            conf = cluster.ConfPath;
            byte[] content = Bytes(100_000);
            await ImportAsync(cluster, content, "rbd/disk");

            await cluster.PauseAsync(CephDaemon.Osd, Token);
            Assert.Equal(TimedOut, await FailAsync(cluster, "ls", "rbd", "--rados-osd-op-timeout", "1"));
            await cluster.ResumeAsync(CephDaemon.Osd, Token);
            Assert.Equal(content, await ExportAsync(cluster, "rbd/disk"));

            await cluster.PauseAsync(CephDaemon.Mon, Token);
            Assert.Equal(TimedOut, await FailAsync(cluster, "ls", "rbd", "--client-mount-timeout", "1"));
            await cluster.ResumeAsync(CephDaemon.Mon, Token);

            foreach (CephDaemon daemon in Enum.GetValues<CephDaemon>())
            {
                await cluster.KillAsync(daemon, Token);
                await cluster.RestartAsync(daemon, Token);
                Assert.Equal(content, await ExportAsync(cluster, "rbd/disk"));
            }
        }

        Assert.False(File.Exists(conf), "the cluster is still there");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // A difference as `rbd import-diff` reads it, of one range: the way to write into an image without mapping it.
    private static byte[] Difference(long size, long offset, ReadOnlySpan<byte> bytes)
    {
        var head = new byte[38];
        "rbd diff v1\ns"u8.CopyTo(head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(13), size);
        head[21] = (byte)'w';
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(22), offset);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(30), bytes.Length);
        return [.. head, .. bytes, (byte)'e'];
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<int> FailAsync(CephCluster cluster, params string[] arguments)
        => (await Assert.ThrowsAsync<CephCommandException>(() => cluster.RunAsync("rbd", arguments, Token))).ExitCode;

    private async Task ImportAsync(CephCluster cluster, byte[] content, string image)
    {
        await File.WriteAllBytesAsync(In("import"), content, Token);
        await cluster.RunAsync("rbd", ["import", "--no-progress", In("import"), image], Token);
    }

    private async Task<byte[]> ExportAsync(CephCluster cluster, string image, params string[] options)
    {
        File.Delete(In("export"));
        await cluster.RunAsync("rbd", ["export", "--no-progress", image, In("export"), .. options], Token);
        return await File.ReadAllBytesAsync(In("export"), Token);
    }

    private string In(string name) => Path.Combine(_directory, name);
}
