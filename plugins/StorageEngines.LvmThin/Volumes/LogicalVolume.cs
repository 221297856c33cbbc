namespace StorageEngines.LvmThin.Volumes;

/// <summary>A thin volume or a thin pool, as LVM reports it.</summary>
/// <param name="Group">The volume group's name.</param>
/// <param name="Name">Its own name.</param>
/// <param name="Uuid">Its id, which stays when it is renamed.</param>
internal sealed record LogicalVolume(string Group, string Name, string Uuid)
{
    /// <summary>The volume group's id.</summary>
    internal string GroupUuid { get; init; } = "";

    /// <summary>Ten letters and dashes, lvs(8).</summary>
    internal string Attributes { get; init; } = "";

    /// <summary>Its size in bytes; of a pool, what it can hold.</summary>
    internal long SizeBytes { get; init; }

    /// <summary>What it is used for, with commas between.</summary>
    internal string Role { get; init; } = "";

    /// <summary>The name of the volume that it was made from; empty if there is none.</summary>
    internal string Origin { get; init; } = "";

    /// <summary>The id of the volume that it was made from; empty if there is none.</summary>
    internal string OriginUuid { get; init; } = "";

    /// <summary>The name of its pool; empty for a pool.</summary>
    internal string Pool { get; init; } = "";

    /// <summary>The id of its pool; empty for a pool.</summary>
    internal string PoolUuid { get; init; } = "";

    /// <summary>Its number in the pool, ascending in the order of creation; -1 for a pool.</summary>
    internal long ThinId { get; init; } = -1;

    /// <summary>Of a pool: bytes of a chunk.</summary>
    internal long ChunkBytes { get; init; }

    /// <summary>Of a pool: the name of the volume that holds its metadata.</summary>
    internal string MetadataName { get; init; } = "";

    /// <summary>When it was made; LVM knows whole seconds.</summary>
    internal DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its tags.</summary>
    internal IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether it is a pool.</summary>
    internal bool IsPool => Attributes.StartsWith('t');

    /// <summary>Whether it can be written.</summary>
    internal bool IsWritable => Attributes.Length > 1 && Attributes[1] == 'w';

    /// <summary>Whether there is a device of it.</summary>
    internal bool IsActive => Attributes.Length > 4 && Attributes[4] != '-';

    /// <summary>Whether it is switched on only when that is asked for twice.</summary>
    internal bool SkipsActivation => Attributes.Length > 9 && Attributes[9] == 'k';

    /// <summary>The two ids as the device mapper has them.</summary>
    internal string DeviceKey => (GroupUuid + Uuid).Replace("-", "", StringComparison.Ordinal);

    /// <summary>E.g. <c>vg0/vm1</c>.</summary>
    internal string FullName => $"{Group}/{Name}";
}
