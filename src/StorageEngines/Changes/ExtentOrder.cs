namespace StorageEngines;

/// <summary>Checks that extents come as the contract promises: ascending, disjoint, inside the capacity. One per answer.</summary>
internal sealed class ExtentOrder
{
    private long _end;

    /// <summary>Takes the next extent.</summary>
    /// <returns>The extent.</returns>
    /// <exception cref="StorageEngineException">It breaks the rule.</exception>
    internal Extent Next(Extent extent, long capacity)
    {
        if (extent.Length <= 0 || extent.Offset < _end || extent.End > capacity)
        {
            throw Fault($"extent {extent} does not come after byte {_end}, or not inside the capacity of {capacity} bytes");
        }

        _end = extent.End;
        return extent;
    }

    /// <summary>An engine broke the contract.</summary>
    internal static StorageEngineException Fault(string what) => new(
        EngineStatus.Internal, EngineReason.None, Recovery.OperatorAction, $"The engine broke its contract: {what}. Report this; take a full copy meanwhile.");
}
