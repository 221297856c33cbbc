using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>librbd waits for whoever reads what differs: very many extents cost no more memory than few. Nobody else may allocate meanwhile.</summary>
[Collection(nameof(CephRbdManyExtentsTests))]
public sealed class CephRbdManyExtentsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_reader_holds_librbd_up()
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync();
        TestImage image = await scene.CreateAsync(ManyExtents.SizeBytes, "--object-size", ManyExtents.ObjectSize);
        (SnapshotInfo from, SnapshotInfo to) = await ManyExtents.MakeAsync(scene.Settings, image, scene.Snapshots);
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
                if (each != new RawExtent(((long)read++ * ManyExtents.Stride) + (ManyExtents.Stride / 2), ManyExtents.Stride / 2, true))
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

        Assert.Equal(ManyExtents.Count, read);
        Assert.InRange(ahead, 100_000, 600_000); // Ten batches are 250 kB; all of them would be 3 MB.
        TestContext.Current.SendDiagnosticMessage($"{request.Mode}: {read} extents in {batches} batches; {ahead} bytes were allocated while the reader was at the first one");
    }

    [CollectionDefinition(nameof(CephRbdManyExtentsTests), DisableParallelization = true)]
    public sealed class Alone;
}
