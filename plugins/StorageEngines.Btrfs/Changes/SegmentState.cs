namespace StorageEngines.Btrfs.Changes;

/// <summary>What a range of a file holds after the stream.</summary>
internal enum SegmentState : byte
{
    /// <summary>What the base holds there: the sender shared it with itself.</summary>
    Same,

    /// <summary>New bytes.</summary>
    Data,

    /// <summary>Zeroes.</summary>
    Zero,

    /// <summary>New bytes or a hole; the stream does not say which.</summary>
    DataOrZero,
}
