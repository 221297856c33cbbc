namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>A restored image, and a difference to be applied to it.</summary>
internal sealed class BlockPlace : IDisposable
{
    private readonly Trees.ScratchDirectory _scratch = new();
    private readonly byte[] _base;
    private readonly byte[] _target;

    internal BlockPlace()
    {
        var engine = new FakeBlockEngine();
        var random = new Random(ChildWork.Seed);
        _base = RandomImages.Make(random, 400_000);
        _target = [.. RandomImages.Change(random, _base, 500_000), .. new byte[3000]];
        random.NextBytes(_target.AsSpan(_target.Length / 2));
        SnapshotInfo first = engine.Add("first", _base);
        SnapshotInfo second = engine.Add("second", _target);
        Stream = Path.Combine(_scratch.Path, "stream");
        BlockRestore.RestoreAsync(engine, first, _scratch.At("image"), new RestoreOptions { StateDirectory = _scratch.State }).GetAwaiter().GetResult();
        using FileStream output = File.Create(Stream);
        BlockDifferential.ExportAsync(engine, first, second, output).GetAwaiter().GetResult();
    }

    internal string Stream { get; }

    internal ChildWork Work => new("apply-block", Stream, Image, _scratch.State);

    internal string Image => Path.Combine(_scratch.Path, "image");

    /// <summary>What is under the name is the base or the target; the same call again, if it is needed, makes the target.</summary>
    internal async Task AssertRecoversAsync()
    {
        bool named = File.Exists(Image);
        byte[]? found = named ? File.ReadAllBytes(Image) : null;
        Assert.True(!named || found.AsSpan().SequenceEqual(_base) || found.AsSpan().SequenceEqual(_target), "the image is half-written under its own name");
        Assert.Equal(!named, File.Exists(Image + ".seng-applying"));
        TargetReceipt receipt = new TargetReceipts(_scratch.State).Get(BytePath.FromString(named ? Image : Image + ".seng-applying"))!;
        bool complete = named && receipt.Applying is null && found.AsSpan().SequenceEqual(_target);
        if (!complete)
        {
            await using FileStream input = File.OpenRead(Stream);
            await BlockDifferential.ApplyAsync(input, BytePath.FromString(Image), _scratch.Options);
        }

        Assert.True(File.ReadAllBytes(Image).AsSpan().SequenceEqual(_target), "the second apply did not finish the first");
        Assert.False(File.Exists(Image + ".seng-applying"));
    }

    internal Task<DifferentialSummary> ApplyAsync(Stream input, CancellationToken cancellationToken)
        => BlockDifferential.ApplyAsync(input, BytePath.FromString(Image), _scratch.Options, cancellationToken);

    public void Dispose() => _scratch.Dispose();
}
