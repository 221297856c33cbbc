namespace StorageEngines.Specification;

/// <summary>Laws 21 and 22 for the portable formats over the engine: what it reads and what it says changed make a difference that others can apply.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class PortableDifferentialTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const EngineCapability Needed = EngineCapability.Delta | EngineCapability.ReadSnapshot;

    private string StateDirectory => Path.Combine(Fixture.ScratchDirectory(), "state");

    /// <summary>A restored base with the difference applied is the target.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law04_A_restored_base_with_the_difference_applied_is_the_target()
    {
        (BlockSubject subject, SnapshotInfo before, SnapshotInfo after) = await ChangedAsync();
        byte[] stream = await ExportAsync(before, after);
        BytePath image = await RestoreAsync(before);
        await ApplyAsync(stream, image);
        byte[] target = await subject.LiveAsync();
        byte[] applied = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        ExtentOracle.AssertSame(target, applied, "The restored base with the difference applied");
    }

    /// <summary>A difference on the wrong base is refused before the first write.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law21_A_portable_difference_on_the_wrong_base_is_refused_and_nothing_is_written()
    {
        (_, SnapshotInfo before, SnapshotInfo after) = await ChangedAsync();
        byte[] stream = await ExportAsync(before, after);
        BytePath image = await RestoreAsync(after);
        byte[] untouched = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        StorageEngineException failure = await FailsAsync(() => ApplyAsync(stream, image), "Applying a difference to its target");
        Assert.Equal(EngineReason.BaseMismatch, failure.Reason);
        byte[] found = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        ExtentOracle.AssertSame(untouched, found, "The image that a difference was refused for");
    }

    /// <summary>A base that somebody wrote to is no longer the base.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law21_A_portable_difference_on_a_base_that_was_written_to_is_refused()
    {
        (_, SnapshotInfo before, SnapshotInfo after) = await ChangedAsync();
        byte[] stream = await ExportAsync(before, after);
        BytePath image = await RestoreAsync(before);
        await new ImageFileVolumeWriter(image).WriteAsync(11, Content(3), Cancel);
        byte[] untouched = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        StorageEngineException failure = await FailsAsync(() => ApplyAsync(stream, image), "Applying a difference to a base that was written to");
        Assert.Equal(EngineReason.BaseMismatch, failure.Reason);
        byte[] found = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        ExtentOracle.AssertSame(untouched, found, "The image that a difference was refused for");
    }

    /// <summary>A stream that ends early changes nothing, and the whole one can be applied afterwards.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law22_A_truncated_portable_stream_changes_nothing()
    {
        (BlockSubject subject, SnapshotInfo before, SnapshotInfo after) = await ChangedAsync();
        byte[] stream = await ExportAsync(before, after);
        BytePath image = await RestoreAsync(before);
        byte[] untouched = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        int stride = Math.Max(1, stream.Length / 20);
        foreach (int length in Enumerable.Range(0, 20).Select(part => part * stride).Append(stream.Length - 1).Where(length => length < stream.Length))
        {
            StorageEngineException failure = await FailsAsync(() => ApplyAsync(stream[..length], image), $"Applying {length} of {stream.Length} bytes");
            Assert.Equal(EngineStatus.DataLoss, failure.Status);
            byte[] found = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
            ExtentOracle.AssertSame(untouched, found, $"The image after {length} of {stream.Length} bytes of a stream");
        }

        await ApplyAsync(stream, image);
        byte[] target = await subject.LiveAsync();
        byte[] applied = await new ImageFileVolumeWriter(image).ReadAsync(Cancel);
        ExtentOracle.AssertSame(target, applied, "The image after the whole stream");
    }

    private async Task<(BlockSubject Subject, SnapshotInfo Before, SnapshotInfo After)> ChangedAsync()
    {
        BlockSubject subject = await SubjectAsync(VolumeKind.Block, Needed);
        int unit = await UnitAsync();
        await subject.WriteAsync(unit, Content(6 * unit));
        SnapshotInfo before = await subject.SnapshotAsync();
        await subject.WriteAsync((2 * unit) + 9, Content(unit));
        _ = await subject.DiscardAsync(5 * unit, unit);
        await subject.WriteAsync(12 * unit, Content(10));
        return (subject, before, await subject.SnapshotAsync());
    }

    private async Task<byte[]> ExportAsync(SnapshotInfo before, SnapshotInfo after)
    {
        using var output = new MemoryStream();
        await BlockDifferential.ExportAsync(Engine, before, after, output, null, Cancel);
        return output.ToArray();
    }

    private async Task<BytePath> RestoreAsync(SnapshotInfo snapshot)
    {
        BytePath image = BytePath.FromString(Path.Combine(Fixture.ScratchDirectory(), Fixture.NextName()));
        await BlockRestore.RestoreAsync(Engine, snapshot, image, new RestoreOptions { StateDirectory = StateDirectory }, Cancel);
        return image;
    }

    private Task ApplyAsync(byte[] stream, BytePath image)
        => BlockDifferential.ApplyAsync(new MemoryStream(stream), image, new ApplyOptions { StateDirectory = StateDirectory }, Cancel);
}
