namespace StorageEngines.Zfs.Streams;

/// <summary>The types of name-value pairs that this library reads; the values are the format's (<c>data_type_t</c>).</summary>
internal enum NameValueKind
{
    /// <summary>The name alone.</summary>
    Flag = 1,

    /// <summary>A byte.</summary>
    Byte = 2,

    /// <summary>16 bits with a sign.</summary>
    Int16 = 3,

    /// <summary>16 bits.</summary>
    UInt16 = 4,

    /// <summary>32 bits with a sign.</summary>
    Int32 = 5,

    /// <summary>32 bits.</summary>
    UInt32 = 6,

    /// <summary>64 bits with a sign.</summary>
    Int64 = 7,

    /// <summary>64 bits.</summary>
    UInt64 = 8,

    /// <summary>Text.</summary>
    Text = 9,

    /// <summary>A list of pairs.</summary>
    List = 19,

    /// <summary>Lists of pairs.</summary>
    Lists = 20,

    /// <summary>Yes or no.</summary>
    Boolean = 21,
}
