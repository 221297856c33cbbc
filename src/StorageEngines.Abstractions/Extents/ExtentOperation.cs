namespace StorageEngines;

/// <summary>What an <see cref="ExtentSweep"/> keeps.</summary>
internal enum ExtentOperation
{
    /// <summary>What is in either list.</summary>
    Union,

    /// <summary>What is in both.</summary>
    Intersect,

    /// <summary>What is in the left list only.</summary>
    Subtract,
}
