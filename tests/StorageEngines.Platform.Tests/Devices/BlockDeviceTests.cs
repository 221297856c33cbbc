using StorageEngines.TarRsync;

namespace StorageEngines.Platform.Tests.Devices;

/// <summary>Block devices as volumes of the fallback engine, and as targets of restores and differences.</summary>
public sealed class BlockDeviceTests : IDisposable
{
    private const int Size = 8 << 20;

    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-device-").FullName;
    private readonly TarRsyncStorageEngine _engine;
    private readonly Random _random = new(17);

    public BlockDeviceTests() => _engine = new TarRsyncStorageEngine(In("store"), TimeProvider.System);

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    private ApplyOptions Options => new() { StateDirectory = In("state") };

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task Device_goes_the_whole_way_to_another_device(int sector)
    {
        using LoopDevice source = LoopDevice.Make(_directory, "source", Size, sector);
        using LoopDevice target = LoopDevice.Make(_directory, "target", Size, sector);
        target.Write(0, Random(Size)); // what was there before has to go
        source.Write(100_000, Random(3_000_000));
        VolumeInfo volume = await _engine.ResolveVolumeAsync(source.Bytes);
        Assert.Equal((VolumeKind.Block, (long?)Size), (volume.Kind, volume.CapacityBytes));
        SnapshotInfo first = await CreateAsync(volume, "first");
        Assert.Equal(Consistency.Unknown, first.Consistency);
        byte[] before = source.Read();

        await BlockRestore.RestoreAsync(_engine, first, target.Bytes, new RestoreOptions { StateDirectory = In("state") });
        Assert.True(before.AsSpan().SequenceEqual(target.Read()), "the restored device differs");

        source.Write(2_000_003, Random(70_001));
        source.Write(1_000_000, new byte[500_000]);
        SnapshotInfo second = await CreateAsync(volume, "second");
        byte[] after = source.Read();
        byte[] stream = await ExportAsync(first, second);
        Assert.InRange(stream.Length, 70_001, 1_000_000);
        DifferentialSummary applied = await BlockDifferential.ApplyAsync(new MemoryStream(stream), target.Bytes, Options);
        Assert.InRange(applied.ZeroBytes, 300_000, 600_000);
        Assert.True(after.AsSpan().SequenceEqual(target.Read()), "the device differs after the difference was applied");

        // Verify: base plus changed extents is the target.
        VerificationReport report = await SnapshotVerifier.VerifyAsync(_engine, first, second);
        Assert.True(report.Identical, report.ToString());
    }

    [Fact]
    public async Task Whole_stream_overwrites_a_device_and_clears_what_it_leaves_out()
    {
        using LoopDevice source = LoopDevice.Make(_directory, "source", Size);
        using LoopDevice target = LoopDevice.Make(_directory, "target", Size + (1 << 20));
        byte[] old = Random(Size + (1 << 20));
        target.Write(0, old);
        source.Write(4_000_000, Random(1_000_001));
        SnapshotInfo whole = await CreateAsync(await _engine.ResolveVolumeAsync(source.Bytes), "whole");
        byte[] stream = await ExportAsync(null, whole);
        await BlockDifferential.ApplyAsync(new MemoryStream(stream), target.Bytes, Options);
        byte[] found = target.Read();
        Assert.True(source.Read().AsSpan().SequenceEqual(found.AsSpan(0, Size)), "the device differs");
        Assert.True(old.AsSpan(Size).SequenceEqual(found.AsSpan(Size)), "what lies behind the target is not ours");
    }

    [Fact]
    public async Task Device_that_is_too_small_is_refused_untouched()
    {
        using LoopDevice source = LoopDevice.Make(_directory, "source", Size);
        using LoopDevice small = LoopDevice.Make(_directory, "small", Size / 2);
        byte[] mine = Random(Size / 2);
        small.Write(0, mine);
        source.Write(0, Random(100_000));
        VolumeInfo volume = await _engine.ResolveVolumeAsync(source.Bytes);
        SnapshotInfo first = await CreateAsync(volume, "first");
        source.Write(Size - 5000, Random(5000));
        SnapshotInfo second = await CreateAsync(volume, "second");
        byte[] whole = await ExportAsync(null, first);
        byte[] difference = await ExportAsync(first, second);
        Func<Task>[] attempts =
        [
            () => BlockRestore.RestoreAsync(_engine, first, small.Bytes, new RestoreOptions { StateDirectory = In("state") }),
            () => BlockDifferential.ApplyAsync(new MemoryStream(whole), small.Bytes, Options),
            () => BlockDifferential.ApplyAsync(new MemoryStream(difference), small.Bytes, Options with { SkipBaseCheck = true }),
        ];
        foreach (Func<Task> attempt in attempts)
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(attempt);
            Assert.Equal(EngineReason.NoSpace, error.Reason);
            Assert.Contains($"'{small.Path}' has {Size / 2} bytes, {Size} are needed", error.Message, StringComparison.Ordinal);
            Assert.True(mine.AsSpan().SequenceEqual(small.Read()), "something was written");
        }
    }

    [Fact]
    public async Task Device_that_nobody_restored_is_no_base_and_one_that_is_half_written_takes_its_own_stream_only()
    {
        using LoopDevice source = LoopDevice.Make(_directory, "source", Size);
        using LoopDevice target = LoopDevice.Make(_directory, "target", Size);
        source.Write(0, Random(2_000_000));
        VolumeInfo volume = await _engine.ResolveVolumeAsync(source.Bytes);
        SnapshotInfo[] snapshots = new SnapshotInfo[3];
        for (int i = 0; i < snapshots.Length; i++)
        {
            source.Write(i * 1_000_000, Random(1_500_000));
            snapshots[i] = await CreateAsync(volume, $"s{i}");
        }

        byte[] first = await ExportAsync(snapshots[0], snapshots[1]);
        byte[] other = await ExportAsync(snapshots[0], snapshots[2]);
        await Assert.ThrowsAsync<BaseMismatchException>(() => BlockDifferential.ApplyAsync(new MemoryStream(first), target.Bytes, Options));
        await BlockRestore.RestoreAsync(_engine, snapshots[0], target.Bytes, new RestoreOptions { StateDirectory = In("state") });
        await Assert.ThrowsAsync<StorageEngineException>(() => BlockDifferential.ApplyAsync(new UnreadableTwice(first), target.Bytes, Options));
        await Assert.ThrowsAsync<BaseMismatchException>(() => BlockDifferential.ApplyAsync(new MemoryStream(other), target.Bytes, Options));
        await BlockDifferential.ApplyAsync(new MemoryStream(first), target.Bytes, Options);
        await BlockDifferential.ApplyAsync(new MemoryStream(await ExportAsync(snapshots[1], snapshots[2])), target.Bytes, Options);
        Assert.True(source.Read().AsSpan().SequenceEqual(target.Read()), "the device differs");
    }

    [Fact]
    public async Task Device_is_rolled_back_in_place_cloned_to_a_file_and_mapped()
    {
        using LoopDevice device = LoopDevice.Make(_directory, "device", Size);
        device.Write(1 << 20, Random(1_000_000));
        VolumeInfo volume = await _engine.ResolveVolumeAsync(device.Bytes);
        SnapshotInfo first = await CreateAsync(volume, "first");
        byte[] content = device.Read();
        device.Write(0, Random(Size));
        await CreateAsync(volume, "second");

        await Snapshots.CloneAsync(first.Ref, BytePath.FromString(In("clone")));
        Assert.True(content.AsSpan().SequenceEqual(File.ReadAllBytes(In("clone"))), "the clone differs");
        await Snapshots.RollbackAsync(first.Ref, new RollbackOptions(DestroyNewer: true));
        Assert.True(content.AsSpan().SequenceEqual(device.Read()), "the device differs after it was rolled back");
        long allocated = 0;
        await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(first.Ref)))
        {
            allocated += batch.Extents.Sum(e => e.Length);
        }

        Assert.InRange(allocated, 1_000_000, 1_200_000);
    }

    [Fact]
    public async Task Snapshots_of_a_device_are_held_and_outlive_their_data_as_a_base()
    {
        using LoopDevice device = LoopDevice.Make(_directory, "device", Size);
        device.Write(0, Random(500_000));
        VolumeInfo volume = await _engine.ResolveVolumeAsync(device.Bytes);
        SnapshotInfo first = await CreateAsync(volume, "first");
        await Snapshots.HoldAsync(first.Ref, "backup");
        await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.DeleteAsync(first.Ref));
        await Snapshots.ReleaseAsync(first.Ref, "backup");
        await Snapshots.DeleteAsync(first.Ref, DeleteMode.DataOnly);
        device.Write(4 << 20, Random(65_536));
        SnapshotInfo second = await CreateAsync(volume, "second");
        List<Extent> changed = [];
        await foreach (ExtentBatch batch in _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(first.ChangeToken!, second.Ref)))
        {
            changed.AddRange(batch.Extents);
        }

        Assert.Equal([new Extent(4 << 20, 65_536)], changed);
        await Snapshots.DeleteAsync(first.Ref);
        Assert.Equal(["second"], (await Snapshots.ListAsync(volume.Ref).ToListAsync()).Select(s => s.Ref.Name));
    }

    public void Dispose()
    {
        _engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_directory, recursive: true);
    }

    private string In(string name) => Path.Combine(_directory, name);

    private byte[] Random(int length)
    {
        var data = new byte[length];
        _random.NextBytes(data);
        return data;
    }

    private Task<SnapshotInfo> CreateAsync(VolumeInfo volume, string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, name));

    private async Task<byte[]> ExportAsync(SnapshotInfo? from, SnapshotInfo to)
    {
        var output = new MemoryStream();
        await BlockDifferential.ExportAsync(_engine, from, to, output);
        return output.ToArray();
    }

    /// <summary>Breaks in the middle of the second reading, when the device is being written.</summary>
    private sealed class UnreadableTwice(byte[] content) : MemoryStream(content)
    {
        private int _rewinds;

        public override long Position
        {
            get => base.Position;
            set
            {
                _rewinds += value == 0 ? 1 : 0;
                base.Position = value;
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => _rewinds > 0 && base.Position > Length / 2 ? throw new IOException("the cable was pulled") : base.ReadAsync(buffer, cancellationToken);
    }
}
