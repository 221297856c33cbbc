namespace StorageEngines.Zfs.Streams;

/// <summary>What an OBJECT record says.</summary>
/// <param name="Number">The object; of a file system, the inode.</param>
/// <param name="Type">What it is: 19 the data of a file, 20 a directory, 23 the data of a volume, 24 the settings of a volume.</param>
/// <param name="BlockBytes">Bytes of its blocks, all but the last of a small file.</param>
internal readonly record struct ZfsObject(ulong Number, uint Type, uint BlockBytes)
{
    /// <summary>Reads a record that was checked.</summary>
    internal static ZfsObject Read(ZfsRecordView record) => new(record.U64(8), record.U32(16), record.U32(24));
}
