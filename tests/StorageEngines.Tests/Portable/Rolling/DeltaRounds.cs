using StorageEngines.Portable.Rolling;

namespace StorageEngines.Tests.Portable.Rolling;

/// <summary>Makes and applies deltas in memory.</summary>
internal static class DeltaRounds
{
    /// <summary>Makes a delta with segments of a length of the test's own.</summary>
    internal static async Task<(byte[] Delta, RollingDeltaSummary Summary)> MakeAsync(byte[] from, byte[] to, int segmentBytes = 16 << 20, bool bare = false)
    {
        using var output = new MemoryStream();
        using StreamByteSource source = StreamByteSource.Borrow(new MemoryStream(from), "base");
        using StreamByteSource target = StreamByteSource.Borrow(new MemoryStream(to), "target");
        var builder = new DeltaBuilder(source, target, output, new RollingDeltaOptions { LeaveOutTrailer = bare }) { SegmentBytes = segmentBytes };
        RollingDeltaSummary summary = await builder.RunAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(output.Length, summary.DeltaBytes);
        return (output.ToArray(), summary);
    }

    internal static async Task<byte[]> ApplyAsync(byte[] from, byte[] delta)
    {
        using var output = new MemoryStream();
        await RollingDelta.PatchAsync(new MemoryStream(from), new MemoryStream(delta), output, TestContext.Current.CancellationToken);
        return output.ToArray();
    }

    /// <summary>Makes a delta, applies it, and compares.</summary>
    internal static async Task<RollingDeltaSummary> CheckAsync(byte[] from, byte[] to, int segmentBytes = 16 << 20)
    {
        (byte[] delta, RollingDeltaSummary summary) = await MakeAsync(from, to, segmentBytes);
        byte[] made = await ApplyAsync(from, delta);
        Assert.True(made.AsSpan().SequenceEqual(to), "base and delta do not make the target");
        Assert.Equal(to.Length, summary.NewBytes + summary.CopiedBytes);
        return summary;
    }
}
