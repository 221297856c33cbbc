using StorageEngines.Testing;

namespace StorageEngines.Platform.Tests.Portable;

/// <summary>Another program reads what we write: <c>rbd merge-diff</c> of ceph-common, which needs no cluster.</summary>
public sealed class RbdMergeDiffTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-rbd-").FullName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Merged_differences_apply_like_both(int seed)
    {
        RbdProgram rbd = RbdProgram.FindOrSkip();
        var engine = new InMemoryStorageEngine();
        InMemoryBlockVolume volume = engine.CreateBlockVolume("disk", 3_000_000);
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        var random = new Random(seed);
        var states = new List<SnapshotInfo>();
        byte[] content = [];
        foreach (long size in new[] { 3_000_000L, 2_500_000L + (seed * 400_000), 3_200_000L })
        {
            volume.Resize(size);
            Scribble(volume, random, size);
            states.Add(await snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, $"s{states.Count}")));
            content = volume.ReadAll();
        }

        await ExportAsync(engine, states[0], states[1], "one");
        await ExportAsync(engine, states[1], states[2], "two");
        await rbd.MergeAsync(In("one"), In("two"), In("merged"));

        BytePath image = BytePath.FromString(In("image"));
        string state = In("state");
        await BlockRestore.RestoreAsync(engine, states[0], image, new RestoreOptions { StateDirectory = state });
        await using (FileStream merged = File.OpenRead(In("merged")))
        {
            await BlockDifferential.ApplyAsync(merged, image, new ApplyOptions { StateDirectory = state });
        }

        byte[] result = await File.ReadAllBytesAsync(In("image"));
        Assert.True(content.SequenceEqual(result), "the merged difference does not give the target");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static void Scribble(InMemoryBlockVolume volume, Random random, long size)
    {
        for (int i = 0; i < 6; i++)
        {
            int length = random.Next(1, 300_000);
            long offset = random.NextInt64(size - length);
            if (i % 3 == 2)
            {
                volume.Discard(offset, length);
                continue;
            }

            var data = new byte[length];
            random.NextBytes(data);
            volume.Write(offset, data);
        }
    }

    private async Task ExportAsync(IStorageEngine engine, SnapshotInfo from, SnapshotInfo to, string name)
    {
        await using FileStream output = File.Create(In(name));
        await BlockDifferential.ExportAsync(engine, from, to, output);
    }

    private string In(string name) => Path.Combine(_directory, name);
}
