namespace StorageEngines;

/// <summary>Base and target are not an older and a newer snapshot of one lineage, so that there is no difference to speak of.</summary>
public sealed class LineageBrokenException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="reason"><see cref="EngineReason.UnrelatedSnapshots"/> or <see cref="EngineReason.WrongOrder"/>.</param>
    /// <param name="message">Which two, and what to do about it.</param>
    public LineageBrokenException(EngineReason reason, string message)
        : base(EngineStatus.InvalidArgument, reason, reason == EngineReason.WrongOrder ? Recovery.FixRequest : Recovery.TakeFull, message)
    {
    }
}
