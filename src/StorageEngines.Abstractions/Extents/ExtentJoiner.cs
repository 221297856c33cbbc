namespace StorageEngines;

/// <summary>Holds the last extent back until it is clear that nothing of the same state follows on it.</summary>
internal struct ExtentJoiner
{
    private Extent _held;

    /// <summary>Takes the next extent.</summary>
    /// <returns>True if the one held before is finished.</returns>
    public bool Push(Extent next, out Extent finished)
    {
        finished = _held;
        if (_held.Length > 0 && _held.End == next.Offset && _held.State == next.State)
        {
            _held = Extent.FromBounds(_held.Offset, next.End, next.State);
            return false;
        }

        _held = next;
        return finished.Length > 0;
    }

    /// <summary>Gives up the last one.</summary>
    /// <returns>False if there was none.</returns>
    public readonly bool Flush(out Extent last)
    {
        last = _held;
        return last.Length > 0;
    }
}
