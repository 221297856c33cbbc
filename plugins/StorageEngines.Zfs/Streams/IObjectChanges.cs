namespace StorageEngines.Zfs.Streams;

/// <summary>What is told of one object, in the order of a stream: data, and ranges that read as zeroes.</summary>
internal interface IObjectChanges
{
    /// <summary>First byte of the range read last.</summary>
    long Offset { get; }

    /// <summary>The byte after its last; <see cref="long.MaxValue"/> if it goes to the end of the object, however long that is.</summary>
    long End { get; }

    /// <summary>What the range holds.</summary>
    ExtentState State { get; }

    /// <summary>Reads the next range. Ranges rise, but for those that go to the end, which come first.</summary>
    /// <returns>False after the end.</returns>
    /// <exception cref="CorruptDataException">What is read is damaged or cut off.</exception>
    /// <exception cref="BaseMismatchException">It is of other snapshots than was asked for.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.NotSupported"/>: something was left out of it, so that changes cannot be had from it.</exception>
    bool Read();

    /// <summary>An error about the range read last.</summary>
    /// <param name="detail">What is wrong with it.</param>
    /// <returns>The error, to be thrown.</returns>
    CorruptDataException Damaged(string detail);
}
