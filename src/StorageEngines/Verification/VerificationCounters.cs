namespace StorageEngines;

/// <summary>Counts what a verification did, and tells it.</summary>
internal sealed class VerificationCounters(IProgress<OperationProgress>? progress, long? totalBytes)
{
    internal long BytesCompared { get; private set; }

    internal long ChangedBytes { get; private set; }

    internal long Files { get; private set; }

    internal void Compared(long bytes)
    {
        BytesCompared += bytes;
        Report();
    }

    internal void Changed(long bytes)
    {
        ChangedBytes += bytes;
        Report();
    }

    internal void File() => Files++;

    internal VerificationReport ToReport(string? firstDifference)
        => new(firstDifference is null, BytesCompared, ChangedBytes, Files, firstDifference);

    private void Report() => progress?.Report(new OperationProgress("verify", BytesCompared + ChangedBytes, totalBytes, Files));
}
