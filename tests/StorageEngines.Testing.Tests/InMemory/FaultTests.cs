using System.Text;

namespace StorageEngines.Testing;

/// <summary>One story is told by the engine that keeps the contract and by each that breaks it: what they say has to differ.</summary>
public sealed class FaultTests
{
    private readonly StringBuilder _told = new();

    public static TheoryData<InMemoryFault> Faults => [.. Enum.GetValues<InMemoryFault>().Where(fault => fault != InMemoryFault.None)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_can_be_seen(InMemoryFault fault)
    {
        string right = await new FaultTests().Tell(InMemoryFault.None);
        string again = await new FaultTests().Tell(InMemoryFault.None);
        string wrong = await Tell(fault);
        Assert.Equal(right, again);
        Assert.NotEqual(right, wrong);
    }

    private async Task<string> Tell(InMemoryFault fault)
    {
        var engine = new InMemoryStorageEngine(new InMemoryEngineOptions { Fault = fault, BlockSizeBytes = 16, MaxExtentsPerBatch = 3, Time = new ManualTimeProvider() });
        await TellOfBlocks(engine);
        await TellOfSteps(engine);
        await TellOfRollback(engine);
        await TellOfGroups(engine);
        await TellOfTrees(engine);
        await TellOfStreams(engine);
        EngineCapabilities capabilities = await engine.GetCapabilitiesAsync(null, Cancel);
        _told.AppendLine($"{capabilities.Has(EngineCapability.Group)} {engine.Feature<IGroupSnapshots>() is not null}");
        _told.AppendLine($"{engine.Counters.Commands} {engine.Counters.VolumeBytesRead} {engine.Counters.TemporarySnapshots} {engine.Counters.OpenOperations}");
        return _told.ToString();
    }

    private async Task TellOfBlocks(InMemoryStorageEngine engine)
    {
        InMemoryBlockVolume volume = engine.CreateBlockVolume("vm", 250);
        SnapshotInfo empty = await Cut(engine, volume.Ref, "a");
        for (int at = 2; at < 250; at += 48)
        {
            volume.Write(at, [1, 2]);
        }

        volume.Resize(1000);
        SnapshotInfo full = await Cut(engine, volume.Ref, "b");
        await Delta(engine, empty, full, 0, 0);
        await Delta(engine, empty, full, 60, 2);
        await Delta(engine, full, full, 0, 0);
        await Delta(engine, full, empty, 0, 0);
        volume.Write(2, [9]);
        await Try(async () => _told.AppendLine($"read {(await engine.Feature<ISnapshotReader>()!.OpenReadAsync(full.Ref, cancellationToken: Cancel)).ReadByteAt(2)}"));
        await Try(async () => await Cut(engine, volume.Ref, "b"));
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        await foreach (SnapshotInfo snapshot in snapshots.ListAsync(volume.Ref, cancellationToken: Cancel))
        {
            _told.AppendLine(snapshot.Ref.ToString());
        }

        using var cancelled = new CancellationTokenSource();
        engine.OnStep = (step, _) => step is "create:prepared" or "delta:batch" ? new ValueTask(cancelled.CancelAsync()) : default;
        await Try(() => snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, "cancelled"), cancelled.Token));
        await Try(async () => await engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(empty.ChangeToken!, full.Ref), cancelled.Token).CountAsync(Cancel));
        engine.OnStep = null;
        _told.AppendLine($"{await snapshots.ListAsync(volume.Ref, "cancelled", Cancel).CountAsync(Cancel)}");
        await snapshots.HoldAsync(full.Ref, "me", Cancel);
        await Try(() => snapshots.DeleteAsync(full.Ref, cancellationToken: Cancel));
        await Try(() => snapshots.DeleteAsync(empty.Ref, cancellationToken: Cancel));
        await Try(() => snapshots.DeleteAsync(empty.Ref, cancellationToken: Cancel));
        await Delta(engine, empty, full, 0, 0);
        engine.DeleteVolume(volume.Ref);
        await Delta(engine, full, await Cut(engine, engine.CreateBlockVolume("vm", 250).Ref, "c"), 0, 0);
    }

    private async Task TellOfSteps(InMemoryStorageEngine engine)
    {
        InMemoryBlockVolume volume = engine.CreateBlockVolume("steps", 64);
        volume.Write(0, new byte[64].Select(_ => (byte)1).ToArray());
        SnapshotInfo first = await Cut(engine, volume.Ref, "first");
        volume.Write(0, [2]);
        SnapshotInfo second = await Cut(engine, volume.Ref, "second");
        volume.Discard(16, 16);
        engine.OnStep = (step, _) =>
        {
            volume.Write(63, [step == "create:slow" ? (byte)7 : (byte)1]);
            return default;
        };
        SnapshotInfo third = await Cut(engine, volume.Ref, "third");
        engine.OnStep = null;
        await using (Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(third.Ref, cancellationToken: Cancel))
        {
            _told.AppendLine($"last byte {stream.ReadByteAt(63)}");
        }

        await Delta(engine, first, third, 0, 0);
        await Delta(engine, second, third, 0, 0);
        volume.Write(40, [5]);
        await Delta(engine, second, third, 0, 0);
        engine.RenameSnapshot(second.Ref, "another-name");
        await Delta(engine, second, third, 0, 0);
        await engine.Feature<ISnapshots>()!.DeleteAsync(first.Ref, DeleteMode.DataOnly, Cancel);
        await Delta(engine, first, third, 0, 0);
    }

    private async Task TellOfRollback(InMemoryStorageEngine engine)
    {
        InMemoryBlockVolume volume = engine.CreateBlockVolume("rolled", 64);
        SnapshotInfo trunk = await Cut(engine, volume.Ref, "trunk");
        volume.Write(0, [1]);
        SnapshotInfo newer = await Cut(engine, volume.Ref, "newer");
        await Try(() => engine.Feature<ISnapshots>()!.RollbackAsync(trunk.Ref, new RollbackOptions(), Cancel));
        await Try(() => engine.Feature<ISnapshots>()!.RollbackAsync(trunk.Ref, new RollbackOptions(DestroyNewer: true), Cancel));
        _told.AppendLine($"rolled back: {volume.ReadAll()[0]}");
        await Delta(engine, newer, await Cut(engine, volume.Ref, "branch"), 0, 0);
    }

    private async Task TellOfGroups(InMemoryStorageEngine engine)
    {
        if (engine.Feature<IGroupSnapshots>() is not { } groups)
        {
            return;
        }

        InMemoryBlockVolume first = engine.CreateBlockVolume("g1", 16);
        InMemoryBlockVolume second = engine.CreateBlockVolume("g2", 16);
        byte written = 0;
        engine.OnStep = (_, _) =>
        {
            first.Write(0, [++written]);
            second.Write(0, [written]);
            return default;
        };
        GroupSnapshotInfo group = await groups.CreateAsync([first.Ref, second.Ref], "g", Cancel);
        engine.OnStep = null;
        foreach (SnapshotInfo member in group.Members)
        {
            await using Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(member.Ref, cancellationToken: Cancel);
            _told.AppendLine($"member {stream.ReadByte() == written}");
        }

        using var cancelled = new CancellationTokenSource();
        engine.OnStep = (step, _) => step == "group-create:member" ? new ValueTask(cancelled.CancelAsync()) : default;
        await Try(() => groups.CreateAsync([first.Ref, second.Ref], "h", cancelled.Token));
        engine.OnStep = null;
        _told.AppendLine($"{await engine.Feature<ISnapshots>()!.ListAsync(first.Ref, "h", Cancel).CountAsync(Cancel)} left");
    }

    private async Task TellOfTrees(InMemoryStorageEngine engine)
    {
        InMemoryTreeVolume volume = engine.CreateTreeVolume("home");
        volume.CreateFile(BytePath.FromString("a"), "a"u8);
        volume.CreateFile(BytePath.FromString("b"), "b"u8);
        volume.CreateFile(BytePath.FromString("over"));
        volume.CreateFile(BytePath.FromString("over it"));
        volume.CreateFile(BytePath.FromString("named"));
        volume.CreateHardLink(BytePath.FromString("named"), BytePath.FromString("named twice"));
        SnapshotInfo before = await Cut(engine, volume.Ref, "x");
        volume.Rename(BytePath.FromString("over it"), BytePath.FromString("over"));
        volume.Write(BytePath.FromString("named"), 0, [1]);
        volume.CreateFile(new BytePath(new byte[] { 0xFF }));
        volume.Rename(BytePath.FromString("a"), BytePath.FromString("c"));
        volume.SetMode(BytePath.FromString("b"), 1);
        SnapshotInfo after = await Cut(engine, volume.Ref, "y");
        await foreach (FileChange change in engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref), Cancel))
        {
            _told.AppendLine($"{change.Kind} {change.Path}");
        }
    }

    private async Task TellOfStreams(InMemoryStorageEngine engine)
    {
        IDifferentials differentials = engine.Feature<IDifferentials>()!;
        InMemoryBlockVolume source = engine.CreateBlockVolume("source", 64);
        InMemoryBlockVolume target = engine.CreateBlockVolume("target", 64);
        SnapshotInfo first = await Cut(engine, source.Ref, "1");
        source.Write(0, [1]);
        SnapshotInfo second = await Cut(engine, source.Ref, "2");
        using var stream = new MemoryStream();
        await differentials.ExportAsync(await differentials.PlanAsync(first.ChangeToken, second.Ref, cancellationToken: Cancel), stream, cancellationToken: Cancel);
        await Try(() => differentials.ApplyAsync(new MemoryStream(stream.ToArray()), target.Ref, cancellationToken: Cancel));
        stream.SetLength(0);
        await differentials.ExportAsync(await differentials.PlanAsync(null, second.Ref, cancellationToken: Cancel), stream, cancellationToken: Cancel);
        await Try(() => differentials.ApplyAsync(new MemoryStream(stream.ToArray()[..^40]), target.Ref, cancellationToken: Cancel));
        _told.AppendLine(Convert.ToHexString(target.ReadAll()));
    }

    private async Task Delta(InMemoryStorageEngine engine, SnapshotInfo from, SnapshotInfo to, long start, int maxResults) => await Try(async () =>
    {
        await foreach (ExtentBatch batch in engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref) { StartingOffset = start, MaxResults = maxResults }, Cancel))
        {
            _told.AppendLine($"{batch.CapacityBytes} {batch.Source}: {string.Join(' ', batch.Extents)}");
        }
    });

    private static Task<SnapshotInfo> Cut(InMemoryStorageEngine engine, VolumeRef volume, string name)
        => engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, name), Cancel);

    private async Task Try(Func<Task> action)
    {
        Exception? thrown = await Record.ExceptionAsync(action);
        _told.AppendLine(thrown is StorageEngineException refused ? $"{refused.GetType().Name} {refused.Reason}" : thrown?.GetType().Name ?? "done");
    }
}
