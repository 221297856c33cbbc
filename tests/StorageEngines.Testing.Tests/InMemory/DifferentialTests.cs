namespace StorageEngines.Testing;

/// <summary>Export and apply, between volumes and between engines, with damage.</summary>
public sealed class DifferentialTests
{
    private readonly InMemoryStorageEngine _sender = new(new InMemoryEngineOptions { BlockSizeBytes = 16 });
    private readonly InMemoryStorageEngine _receiver = new(new InMemoryEngineOptions { BlockSizeBytes = 64 });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Full_and_then_incremental_bring_a_block_volume_over()
    {
        InMemoryBlockVolume source = _sender.CreateBlockVolume("vm", 1000);
        InMemoryBlockVolume target = _receiver.CreateBlockVolume("copy", 10);
        source.Write(5, [1, 2, 3]);
        SnapshotInfo first = await Cut(source.Ref, "a");
        SnapshotInfo received = await Apply(await Export(null, first), target.Ref);
        Assert.Equal(source.ReadAll(), target.ReadAll());
        Assert.Equal("a", received.Ref.Name);

        source.Discard(0, 16);
        source.Resize(2000);
        source.Write(1990, [9, 9]);
        SnapshotInfo second = await Cut(source.Ref, "b");
        SnapshotInfo incremental = await Apply(await Export(first, second), target.Ref);
        Assert.Equal(source.ReadAll(), target.ReadAll());
        Assert.Equal(received.Ref.Id, incremental.ParentId);
    }

    [Fact]
    public async Task Incremental_can_be_applied_to_a_clone_of_its_base()
    {
        InMemoryBlockVolume source = _sender.CreateBlockVolume("vm", 100);
        SnapshotInfo first = await Cut(source.Ref, "a");
        source.Write(0, [1]);
        SnapshotInfo second = await Cut(source.Ref, "b");
        VolumeInfo clone = await _sender.Feature<ISnapshots>()!.CloneAsync(first.Ref, BytePath.FromString("clone"), cancellationToken: Cancel);
        await _sender.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(await Export(first, second)), clone.Ref, cancellationToken: Cancel);
        Assert.Equal(source.ReadAll(), _sender.OpenBlockVolume(clone.Ref).ReadAll());
    }

    [Fact]
    public async Task Full_and_then_incremental_bring_a_tree_over()
    {
        InMemoryTreeVolume source = _sender.CreateTreeVolume("home");
        InMemoryTreeVolume target = _receiver.CreateTreeVolume("copy");
        source.CreateDirectory(P("d"));
        source.CreateFile(P("d/f"), new byte[100]);
        source.CreateHardLink(P("d/f"), P("g"));
        source.CreateSymbolicLink(P("l"), P("to"));
        SnapshotInfo first = await Cut(source.Ref, "a");
        await Apply(await Export(null, first), target.Ref);
        AssertSame(source, target);

        source.Rename(P("d"), P("e"));
        source.Write(P("g"), 50, [1]);
        source.SetAttribute(P("e/f"), "user.a", [1]);
        source.Delete(P("l"));
        source.CreateFifo(P("l"));
        await Apply(await Export(first, await Cut(source.Ref, "b")), target.Ref);
        AssertSame(source, target);
        Assert.Equal(1, target.ReadFile(P("e/f"))[50]);
    }

    [Fact]
    public async Task Wrong_base_is_refused_before_a_write()
    {
        InMemoryBlockVolume source = _sender.CreateBlockVolume("vm", 100);
        InMemoryBlockVolume target = _receiver.CreateBlockVolume("copy", 100);
        SnapshotInfo first = await Cut(source.Ref, "a");
        source.Write(0, [1]);
        byte[] incremental = await Export(first, await Cut(source.Ref, "b"));
        await Assert.ThrowsAsync<BaseMismatchException>(() => Apply(incremental, target.Ref));
        await Apply(await Export(null, first), target.Ref);
        target.Write(50, [5]);
        byte[] before = target.ReadAll();
        Assert.Contains("changed since", (await Assert.ThrowsAsync<BaseMismatchException>(() => Apply(incremental, target.Ref))).Found, StringComparison.Ordinal);
        Assert.Equal(before, target.ReadAll());
        await Assert.ThrowsAsync<BaseMismatchException>(() => Apply(incremental, _receiver.CreateTreeVolume("tree").Ref));
    }

    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Every_truncation_and_every_changed_byte_leaves_the_target_as_it_was(VolumeKind kind)
    {
        byte[] stream = await SmallStream(kind);
        VolumeRef target = kind == VolumeKind.Block ? _receiver.CreateBlockVolume("copy", 7).Ref : _receiver.CreateTreeVolume("copy").Ref;
        for (int length = 0; length < stream.Length; length++)
        {
            await Assert.ThrowsAsync<CorruptDataException>(() => Apply(stream[..length], target));
        }

        for (int at = 0; at < stream.Length; at++)
        {
            byte[] damaged = (byte[])stream.Clone();
            damaged[at] ^= 0x41;
            StorageEngineException refused = await Assert.ThrowsAnyAsync<StorageEngineException>(() => Apply(damaged, target));
            Assert.True(refused is CorruptDataException or BaseMismatchException, refused.ToString());
        }

        Assert.Empty(await _receiver.Feature<ISnapshots>()!.ListAsync(target, cancellationToken: Cancel).ToArrayAsync(Cancel));
        await Apply(stream, target);
        Assert.Single(await _receiver.Feature<ISnapshots>()!.ListAsync(target, cancellationToken: Cancel).ToArrayAsync(Cancel));
    }

    [Fact]
    public async Task Stream_with_a_right_checksum_that_describes_no_tree_is_refused()
    {
        InMemoryTreeVolume source = _sender.CreateTreeVolume("home");
        InMemoryTreeVolume target = _receiver.CreateTreeVolume("copy");
        source.CreateFile(P("f"));
        SnapshotInfo cut = await Cut(source.Ref, "a");
        byte[] stream = await Export(null, cut);
        int name = stream.AsSpan().IndexOf(new byte[] { 1, 0, 0, 0, (byte)'f', 2 });
        stream[name + 5] = 77;
        System.Security.Cryptography.SHA256.HashData(stream.AsSpan(0, stream.Length - 32)).CopyTo(stream, stream.Length - 32);
        CorruptDataException refused = await Assert.ThrowsAsync<CorruptDataException>(() => Apply(stream, target.Ref));
        Assert.Contains("node 77", refused.Message, StringComparison.Ordinal);
        Assert.Single(target.List());
    }

    private static BytePath P(string path) => BytePath.FromString(path);

    private static void AssertSame(InMemoryTreeVolume source, InMemoryTreeVolume target)
    {
        Assert.Equal(source.List().Select(Restorable), target.List().Select(Restorable));
        foreach (TreeEntry file in source.List().Where(entry => entry.Type == TreeEntryType.File))
        {
            Assert.Equal(source.ReadFile(file.Path), target.ReadFile(file.Path));
        }
    }

    private static object Restorable(TreeEntry entry)
        => (entry.Path, entry.Type, entry.Mode, entry.SizeBytes, entry.ModifiedAt, entry.LinkCount, new BytePath(entry.LinkTarget), string.Join(',', entry.Attributes.Select(a => a.GetHashCode())));

    private async Task<byte[]> SmallStream(VolumeKind kind)
    {
        if (kind == VolumeKind.Block)
        {
            InMemoryBlockVolume block = _sender.CreateBlockVolume("vm", 50);
            block.Write(3, [1, 2, 3]);
            return await Export(null, await Cut(block.Ref, "a"));
        }

        InMemoryTreeVolume tree = _sender.CreateTreeVolume("home");
        tree.CreateFile(P("f"), [1, 2, 3]);
        tree.SetAttribute(P("f"), "user.a", [1]);
        return await Export(null, await Cut(tree.Ref, "a"));
    }

    private Task<SnapshotInfo> Cut(VolumeRef volume, string name) => _sender.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, name), Cancel);

    private async Task<byte[]> Export(SnapshotInfo? from, SnapshotInfo to)
    {
        IDifferentials differentials = _sender.Feature<IDifferentials>()!;
        using var stream = new MemoryStream();
        await differentials.ExportAsync(await differentials.PlanAsync(from?.ChangeToken, to.Ref, cancellationToken: Cancel), stream, cancellationToken: Cancel);
        return stream.ToArray();
    }

    private Task<SnapshotInfo> Apply(byte[] stream, VolumeRef target) => _receiver.Feature<IDifferentials>()!.ApplyAsync(new MemoryStream(stream), target, cancellationToken: Cancel);
}
