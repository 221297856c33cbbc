namespace StorageEngines.TarRsync.Tests.Store.Upkeep;

/// <summary>The system's clock, moved by hand.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    internal TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
