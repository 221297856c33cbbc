namespace StorageEngines;

/// <summary>Foreign bytes are damaged: a stream, an object of a store, an answer.</summary>
public sealed class CorruptDataException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="source">What is damaged: a file's or stream's name.</param>
    /// <param name="offset">Where, in bytes from the start of <paramref name="source"/>, or null if that has no meaning.</param>
    /// <param name="detail">What is wrong there.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public CorruptDataException(string source, long? offset, string detail, Exception? innerException = null)
        : base(EngineStatus.DataLoss, EngineReason.StreamCorrupt, Recovery.OperatorAction, offset is { } at ? $"{source}: byte {at}: {detail}" : $"{source}: {detail}", innerException)
    {
        DamagedObject = source;
        Offset = offset;
    }

    /// <summary>What is damaged: a file's or stream's name.</summary>
    public string DamagedObject { get; }

    /// <summary>Where, in bytes from its start, or null.</summary>
    public long? Offset { get; }
}
