namespace StorageEngines;

/// <summary>Stands for the block map of an engine that has none: each question fails when its answer is first read, like that of an engine which refuses.</summary>
internal sealed class MissingBlockMap(string engine, EngineCapability wanted) : IBlockMap
{
    public IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, CancellationToken cancellationToken = default) => FailAsync();

    public IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, CancellationToken cancellationToken = default) => FailAsync();

    private async IAsyncEnumerable<ExtentBatch> FailAsync()
    {
        await ValueTask.FromException(new CapabilityNotSupportedException(
            wanted, $"Engine '{engine}' has no block map, so that it cannot say which extents are {(wanted == EngineCapability.Delta ? "changed" : "allocated")}; take a full copy.")).ConfigureAwait(false);
        yield break;
    }
}
