using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Hosts;

/// <summary>Words of text for scripts.</summary>
internal static class ScriptWords
{
    /// <summary>Appends quoted words.</summary>
    internal static Script Words(this Script script, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            script.Word(word);
        }

        return script;
    }
}
