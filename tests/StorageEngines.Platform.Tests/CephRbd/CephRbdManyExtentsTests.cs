using System.Globalization;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>librbd waits for whoever reads what differs: very many extents cost no more memory than few. Nobody else may allocate meanwhile.</summary>
[Collection(nameof(CephRbdManyExtentsTests))]
public sealed class CephRbdManyExtentsTests
{
    private const int Objects = 240, ObjectBytes = 1 << 19, WritesPerObject = 512, Stride = ObjectBytes / WritesPerObject;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_reader_holds_librbd_up()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        (TestImage image, SnapshotInfo from, SnapshotInfo to) = await MakeAsync(scene);
        await using var host = new NativeRbdHost(scene.Settings);
        Assert.True(ImageKey.TryParse(image.Ref.Id, out ImageKey? key));
        await using IOpenImage open = (await host.OpenAsync(key, Cancel))!;
        foreach (DiffMode mode in new[] { DiffMode.Exact, DiffMode.Hybrid })
        {
            await ReadAsync(open, new DiffRequest(open.State.Find(from.Ref.Id), open.State.Find(to.Ref.Id)!, mode, 0));
        }
    }

    private static async Task ReadAsync(IOpenImage open, DiffRequest request)
    {
        int read = 0, batches = 0;
        long before = GC.GetTotalAllocatedBytes(precise: true), ahead = 0;
        await foreach (IReadOnlyList<RawExtent> batch in open.DiffAsync(request, Cancel))
        {
            foreach (RawExtent each in batch)
            {
                if (each != new RawExtent(((long)read++ * Stride) + (Stride / 2), Stride / 2, true))
                {
                    Assert.Fail($"{each} is not extent {read - 1}");
                }
            }

            if (++batches == 1)
            {
                await Task.Delay(3000, Cancel); // On an idle machine librbd could tell all of it meanwhile.
                ahead = GC.GetTotalAllocatedBytes(precise: true) - before;
            }
        }

        Assert.Equal(Objects * WritesPerObject, read);
        Assert.InRange(ahead, 100_000, 600_000); // Ten batches are 250 kB; all of them would be 3 MB.
        TestContext.Current.SendDiagnosticMessage($"{request.Mode}: {read} extents in {batches} batches; {ahead} bytes were allocated while the reader was at the first one");
    }

    // By librbd each write would be a call of its own: here those of one object are one.
    private static async Task<(TestImage Image, SnapshotInfo From, SnapshotInfo To)> MakeAsync(DifferenceScene scene)
    {
        TestImage image = await scene.CreateAsync((long)Objects * ObjectBytes, "--object-size", "512K");
        Touch(image, 1); // At their ends: what is behind the end of an object is no difference within it.
        SnapshotInfo from = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "a"), Cancel);
        Touch(image, 2); // The objects are copied, and the map is told.
        Assert.True(ImageKey.TryParse(image.Ref.Id, out ImageKey? key));
        using ConnectionLease lease = ClusterConnections.Take(scene.Settings);
        Assert.Equal(0, lease.Connection.TryPool(key.Pool, key.Namespace, out PoolHandle pool));
        Parallel.For(0, Objects, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancel }, each => Write(pool, string.Create(CultureInfo.InvariantCulture, $"rbd_data.{key.Image}.{each:x16}")));
        return (image, from, await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "b"), Cancel));
    }

    private static unsafe void Touch(TestImage image, byte what)
    {
        using ImageHandle open = image.Writer.Open();
        for (int i = 0; i < Objects; i++)
        {
            Assert.Equal(1, Rbd.Write(open, (ulong)((i + 1) * ObjectBytes) - 1, 1, &what));
        }

        Assert.Equal(0, Rbd.Flush(open));
    }

    private static unsafe void Write(PoolHandle pool, string name)
    {
        nint writing = RadosCalls.CreateWriting();
        byte* bytes = stackalloc byte[Stride / 2];
        new Span<byte>(bytes, Stride / 2).Fill(7);
        for (int i = 0; i < WritesPerObject; i++)
        {
            RadosCalls.Write(writing, bytes, Stride / 2, (ulong)((i * Stride) + (Stride / 2)));
        }

        int result = RadosCalls.Operate(writing, pool, name, 0, 0);
        RadosCalls.ReleaseWriting(writing);
        Assert.Equal(0, result);
    }

    [CollectionDefinition(nameof(CephRbdManyExtentsTests), DisableParallelization = true)]
    public sealed class Alone;
}
