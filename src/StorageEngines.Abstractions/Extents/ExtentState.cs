namespace StorageEngines;

/// <summary>What a changed or allocated extent holds in the target.</summary>
public enum ExtentState : byte
{
    /// <summary>Bytes to be read from the target.</summary>
    Data = 0,

    /// <summary>Reads as zeroes (discarded, punched or never written): write zeroes, there is no need to read.</summary>
    Zero = 1,
}
