namespace StorageEngines;

/// <summary>Whether the extents of a stream all have one length. The numbers are those of <c>csi.v1.BlockMetadataType</c>.</summary>
public enum ExtentStyle
{
    /// <summary>Not said.</summary>
    Unknown = 0,

    /// <summary>All extents have the same length.</summary>
    FixedLength = 1,

    /// <summary>Lengths differ.</summary>
    VariableLength = 2,
}
