namespace StorageEngines.Testing;

/// <summary>What a stream says of itself.</summary>
/// <param name="Kind">The kind of volume.</param>
/// <param name="Base">The state it was made from; null for a full stream.</param>
/// <param name="Target">The state it brings.</param>
/// <param name="Name">The name of the snapshot it brings.</param>
internal sealed record DifferentialHeader(VolumeKind Kind, Guid? Base, Guid Target, string Name);
