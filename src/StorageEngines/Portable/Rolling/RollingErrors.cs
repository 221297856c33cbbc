namespace StorageEngines.Portable.Rolling;

/// <summary>What can go wrong with a rolling difference.</summary>
internal static class RollingErrors
{
    internal static StorageEngineException Shrunk(string name, long at) => new(
        EngineStatus.Aborted, EngineReason.ChangedWhileRead, Recovery.Retry, $"'{name}' ends at byte {at}, before the end that it had: it was cut while it was read. Try again when it holds still.");

    internal static StorageEngineException Changed(long at) => new(
        EngineStatus.Aborted, EngineReason.ChangedWhileRead, Recovery.Retry,
        $"The difference does not lead to the target at its byte {at}: base or target was changed while it was read. Try again when they hold still, or take snapshots of them.");
}
