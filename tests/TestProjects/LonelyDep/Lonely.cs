namespace LonelyDep;

/// <summary>Of an assembly that neither the host nor the plug-in's folder has.</summary>
public static class Lonely
{
    public static string Text => "never loaded";
}
