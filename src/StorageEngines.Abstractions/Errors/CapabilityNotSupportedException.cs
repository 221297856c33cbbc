namespace StorageEngines;

/// <summary>The engine, or this volume of it, cannot do what was asked.</summary>
public sealed class CapabilityNotSupportedException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="capability">What is missing.</param>
    /// <param name="message">Which engine or volume, and what to use instead.</param>
    public CapabilityNotSupportedException(EngineCapability capability, string message)
        : base(EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest, message)
    {
        Capability = capability;
    }

    /// <summary>What is missing.</summary>
    public EngineCapability Capability { get; }
}
